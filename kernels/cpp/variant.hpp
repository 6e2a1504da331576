// One entry per instruction set that the algorithm was compiled for.
#pragma once

#include "../cuda/plan.cuh"

namespace loopwise {

// Where workers fetch what to do next.
struct Blocks {
    virtual Index next() = 0;  // first program of a block that nobody else gets; past the last one when all are taken

protected:
    ~Blocks() = default;
};

// Activities that are to be moved onto their rows, in the caller's order and units; strides as in `Batch`.
struct Closing {
    static constexpr double ROUNDING = 1e-13;  // of the terms of a row, below which its residual means nothing

    Index count;
    const Index *chosen;  // the programs, `count` of them
    const double *h, *lower, *upper, *values;  // values: null where all have the plan's
    Index upper_stride;
    const double *allowed;  // what each row may miss
    double *primal;
    bool *closed;
};

struct Variant {
    const char *name;
    bool (*supported)();                             // by this machine
    int lanes;                                       // programs of a block
    Index (*memory_size)(const Plan &, bool own_values);  // doubles that one worker needs, 64-byte aligned
    void (*work)(const Plan &, const Batch &, Blocks &, double *memory);  // until no block is left
    int closing_lanes;                                                    // and the same for moving activities onto rows
    Index (*closing_size)(const Plan &, bool own_values);
    void (*close)(const Plan &, const Closing &, Blocks &, double *memory);
};

extern const Variant baseline;
extern const Variant avx2;    // only where LOOPWISE_X86
extern const Variant avx512;  // only where LOOPWISE_X86

}  // namespace loopwise
