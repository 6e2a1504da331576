// The algorithm for one instruction set, compiled once for each with its own flags: VARIANT names it, VARIANT_LANES is its width.
// Nothing from the standard library is used here, lest a shared inline function be emitted with instructions that
// another machine lacks.

#include "variant.hpp"

#define TEXT_OF(name) #name
#define TEXT(name) TEXT_OF(name)

namespace loopwise {
namespace {

typedef double V __attribute__((vector_size(8 * VARIANT_LANES)));
typedef float Single __attribute__((vector_size(8 * VARIANT_LANES)));  // twice as many lanes
typedef float Half __attribute__((vector_size(4 * VARIANT_LANES)));

#define INTERIOR_POINT_FUNCTION inline __attribute__((always_inline))
#define INTERIOR_POINT_STEP __attribute__((noinline))  // long, called from several places

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
    for (int l = 0; l < 2 * VARIANT_LANES; l++) root[l] = __builtin_sqrtf(a[l]);
    return root;
}
template <class T>
INTERIOR_POINT_FUNCTION double lane(const T &a, int l) { return a[l]; }
template <class T>
INTERIOR_POINT_FUNCTION void set_lane(T &a, int l, double v) { a[l] = v; }
// Brings lanes of one vector to other lanes of another, all of them at once.
template <class T>
struct Move {
    decltype(T{} < T{}) source{}, taken{};

    INTERIOR_POINT_FUNCTION void bring(int from, int to) { source[to] = from, taken[to] = -1; }
    INTERIOR_POINT_FUNCTION T operator()(T target, T from) const {
#if defined(__clang__)
        for (unsigned l = 0; l < sizeof(T) / sizeof(target[0]); l++)
            if (taken[l]) target[l] = from[source[l]];
        return target;
#else
        return taken ? __builtin_shuffle(from, source) : target;
#endif
    }
};
// The first or second half of the lanes in double precision.
INTERIOR_POINT_FUNCTION V widen(const Single &a, int part) {
    Half half;
    __builtin_memcpy(&half, reinterpret_cast<const char *>(&a) + part * sizeof half, sizeof half);
    return __builtin_convertvector(half, V);
}

}  // namespace
}  // namespace loopwise

#include "../cuda/two_precisions.cuh"
#include "projection.hpp"

namespace loopwise {
namespace {

template <bool OWN_VALUES>
using Solver = TwoPrecisions<V, Single, VARIANT_LANES, OWN_VALUES>;

bool supported() {
#if VARIANT_LANES == 8
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#elif VARIANT_LANES == 4
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return true;
#endif
}

// Numbers that are too small to be normal count as zero while it lives: in single precision they come up as variables
// vanish, and a processor takes a hundred cycles for each.
class NoSmallNumbers {
#if defined(__SSE2__)
    unsigned before = __builtin_ia32_stmxcsr();

public:
    NoSmallNumbers() { __builtin_ia32_ldmxcsr(before | 0x8040); }
    ~NoSmallNumbers() { __builtin_ia32_ldmxcsr(before); }
#elif defined(__aarch64__)
    unsigned long long before;

public:
    NoSmallNumbers() {
        asm volatile("mrs %0, fpcr" : "=r"(before));
        asm volatile("msr fpcr, %0" : : "r"(before | 1ull << 24));
    }
    ~NoSmallNumbers() { asm volatile("msr fpcr, %0" : : "r"(before)); }
#else
public:
    NoSmallNumbers() {}  // not to be taken for a variable that nobody uses
#endif
};

template <bool OWN_VALUES>
void solve(const Plan &plan, const Batch &batch, Blocks &blocks, double *memory) {
    Solver<OWN_VALUES> solver(plan, batch, reinterpret_cast<V *>(memory));
    for (Index first; (first = blocks.next()) < batch.count;) solver.run(first);
    solver.flush();
}

Index memory_size(const Plan &plan, bool own_values) {
    return VARIANT_LANES * (own_values ? Solver<true>::memory_size(plan) : Solver<false>::memory_size(plan));
}

void work(const Plan &plan, const Batch &batch, Blocks &blocks, double *memory) {
    const NoSmallNumbers within;
    if (batch.values) solve<true>(plan, batch, blocks, memory);
    else solve<false>(plan, batch, blocks, memory);
}

template <bool OWN_VALUES>
void close_all(const Plan &plan, const Closing &closing, Blocks &blocks, double *memory) {
    Projector<V, VARIANT_LANES, OWN_VALUES> projector(plan, closing, reinterpret_cast<V *>(memory));
    for (Index first; (first = blocks.next()) < closing.count;) projector.run(first);
}

Index closing_size(const Plan &plan, bool own_values) {
    return VARIANT_LANES * (own_values ? Projector<V, VARIANT_LANES, true>::memory_size(plan)
                                       : Projector<V, VARIANT_LANES, false>::memory_size(plan));
}

void close(const Plan &plan, const Closing &closing, Blocks &blocks, double *memory) {
    const NoSmallNumbers within;
    if (closing.values) close_all<true>(plan, closing, blocks, memory);
    else close_all<false>(plan, closing, blocks, memory);
}

}  // namespace

extern const Variant VARIANT = {TEXT(VARIANT), supported, 2 * VARIANT_LANES, memory_size, work,
                                VARIANT_LANES, closing_size, close};

}  // namespace loopwise
