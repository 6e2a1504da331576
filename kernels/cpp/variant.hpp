// One entry per instruction set that the algorithm was compiled for.
#pragma once

#include "../cuda/plan.cuh"

namespace loopwise {

struct Variant {
    const char *name;
    bool (*supported)();                             // by this machine
    int lanes;                                       // programs solved together
    Index (*memory_size)(const Plan &, bool own_values);  // doubles that one worker needs, 64-byte aligned
    void (*run)(const Plan &, const Batch &, Index first, double *memory);
};

extern const Variant baseline;
extern const Variant avx2;    // only where LOOPWISE_X86
extern const Variant avx512;  // only where LOOPWISE_X86

}  // namespace loopwise
