// The algorithm for one instruction set, compiled once for each with its own flags: VARIANT names it, VARIANT_LANES is its width.
// Nothing from the standard library is used here, lest a shared inline function be emitted with instructions that
// another machine lacks.

#include "variant.hpp"

#define TEXT_OF(name) #name
#define TEXT(name) TEXT_OF(name)

namespace loopwise {
namespace {

typedef double V __attribute__((vector_size(8 * VARIANT_LANES)));
using Mask = decltype(V{} < V{});

inline V select(Mask condition, V a, V b) { return condition ? a : b; }
inline V maximum(V a, V b) { return a > b ? a : b; }
inline V minimum(V a, V b) { return a < b ? a : b; }
inline V absolute(V a) { return maximum(a, -a); }
inline V square_root(V a) {
    V root = a;
    for (int l = 0; l < VARIANT_LANES; l++) root[l] = __builtin_sqrt(a[l]);
    return root;
}
inline double lane(const V &a, int l) { return a[l]; }
inline void set_lane(V &a, int l, double v) { a[l] = v; }

}  // namespace
}  // namespace loopwise

#define INTERIOR_POINT_FUNCTION inline __attribute__((always_inline))
#include "../cuda/interior_point.cuh"

namespace loopwise {
namespace {

using Shared = InteriorPoint<V, V *, VARIANT_LANES, false>;
using Own = InteriorPoint<V, V *, VARIANT_LANES, true>;

bool supported() {
#if VARIANT_LANES == 8
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#elif VARIANT_LANES == 4
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return true;
#endif
}

Index memory_size(const Plan &plan, bool own_values) {
    return VARIANT_LANES * (own_values ? Own::memory_size(plan) : Shared::memory_size(plan));
}

void run(const Plan &plan, const Batch &batch, Index first, double *memory) {
    V *lanes = reinterpret_cast<V *>(memory);
    if (batch.values) Own(plan, batch, lanes).run(first);
    else Shared(plan, batch, lanes).run(first);
}

}  // namespace

extern const Variant VARIANT = {TEXT(VARIANT), supported, VARIANT_LANES, memory_size, run};

}  // namespace loopwise
