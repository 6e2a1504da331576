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

struct Variant {
    const char *name;
    bool (*supported)();                             // by this machine
    int lanes;                                       // programs of a block
    Index (*memory_size)(const Plan &, bool own_values);  // doubles that one worker needs, 64-byte aligned
    void (*work)(const Plan &, const Batch &, Blocks &, double *memory);  // until no block is left
};

extern const Variant baseline;
extern const Variant avx2;    // only where LOOPWISE_X86
extern const Variant avx512;  // only where LOOPWISE_X86

}  // namespace loopwise
