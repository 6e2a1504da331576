// The algorithm for one instruction set, compiled once for each with its own flags: VARIANT names it, VARIANT_LANES is its width.
// Nothing from the standard library is used here, lest a shared inline function be emitted with instructions that
// another machine lacks.

#include "variant.hpp"

#define TEXT_OF(name) #name
#define TEXT(name) TEXT_OF(name)

namespace loopwise {
namespace {

typedef double V __attribute__((vector_size(8 * VARIANT_LANES)));
typedef float Single __attribute__((vector_size(4 * VARIANT_LANES)));

#define INTERIOR_POINT_FUNCTION inline __attribute__((always_inline))

template <class T>
INTERIOR_POINT_FUNCTION T select(decltype(T{} < T{}) condition, T a, T b) { return condition ? a : b; }
template <class T>
INTERIOR_POINT_FUNCTION T maximum(T a, T b) { return a > b ? a : b; }
template <class T>
INTERIOR_POINT_FUNCTION T minimum(T a, T b) { return a < b ? a : b; }
template <class T>
INTERIOR_POINT_FUNCTION T absolute(T a) { return maximum(a, -a); }
INTERIOR_POINT_FUNCTION V square_root(V a) {
    V root = a;
    for (int l = 0; l < VARIANT_LANES; l++) root[l] = __builtin_sqrt(a[l]);
    return root;
}
INTERIOR_POINT_FUNCTION Single square_root(Single a) {
    Single root = a;
    for (int l = 0; l < VARIANT_LANES; l++) root[l] = __builtin_sqrtf(a[l]);
    return root;
}
template <class T>
INTERIOR_POINT_FUNCTION double lane(const T &a, int l) { return a[l]; }
template <class T>
INTERIOR_POINT_FUNCTION void set_lane(T &a, int l, double v) { a[l] = v; }
INTERIOR_POINT_FUNCTION Single narrow(V a) { return __builtin_convertvector(a, Single); }
INTERIOR_POINT_FUNCTION V widen(Single a) { return __builtin_convertvector(a, V); }

}  // namespace
}  // namespace loopwise

#include "../cuda/interior_point.cuh"

namespace loopwise {
namespace {

template <bool OWN_VALUES>
using Early = InteriorPoint<Single, Single *, VARIANT_LANES, OWN_VALUES, float>;
template <bool OWN_VALUES>
using Late = InteriorPoint<V, V *, VARIANT_LANES, OWN_VALUES>;

bool supported() {
#if VARIANT_LANES == 8
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#elif VARIANT_LANES == 4
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return true;
#endif
}

template <bool OWN_VALUES>
Index memory_size(const Plan &plan) {  // two numbers of the early phase in a double, rounded up
    return VARIANT_LANES * (Late<OWN_VALUES>::memory_size(plan) + Early<OWN_VALUES>::memory_size(plan) / 2 + 1);
}

template <bool OWN_VALUES>
void solve(const Plan &plan, const Batch &batch, Index first, double *memory) {
    V *lanes = reinterpret_cast<V *>(memory);
    Late<OWN_VALUES> late(plan, batch, lanes);
    Early<OWN_VALUES> early(plan, batch, reinterpret_cast<Single *>(lanes + Late<OWN_VALUES>::memory_size(plan)));
    late.run(first, early);
}

Index memory_size(const Plan &plan, bool own_values) {
    return own_values ? memory_size<true>(plan) : memory_size<false>(plan);
}

void run(const Plan &plan, const Batch &batch, Index first, double *memory) {
    if (batch.values) solve<true>(plan, batch, first, memory);
    else solve<false>(plan, batch, first, memory);
}

}  // namespace

extern const Variant VARIANT = {TEXT(VARIANT), supported, VARIANT_LANES, memory_size, run};

}  // namespace loopwise
