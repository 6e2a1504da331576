// The GPU engine's kernel. One thread solves one program at a time and goes on to the next until none is left. The 32
// threads of a warp keep their states side by side, [variable][lane], so that every access of a warp is 256 bytes in a
// row, at a stride that the compiler knows.
//
// kernels/gpu/launch.py takes names and types of a kernel's parameters from its declaration here. No includes but our own:
// NVRTC has no standard library.

#include "plan.cuh"

#define INTERIOR_POINT_FUNCTION __device__ __forceinline__
#define INTERIOR_POINT_STEP __device__ __forceinline__

namespace loopwise {

INTERIOR_POINT_FUNCTION double select(bool condition, double a, double b) { return condition ? a : b; }
INTERIOR_POINT_FUNCTION double maximum(double a, double b) { return a > b ? a : b; }
INTERIOR_POINT_FUNCTION double minimum(double a, double b) { return a < b ? a : b; }
INTERIOR_POINT_FUNCTION double absolute(double a) { return fabs(a); }
INTERIOR_POINT_FUNCTION double square_root(double a) { return sqrt(a); }
INTERIOR_POINT_FUNCTION double lane(const double &a, int) { return a; }
INTERIOR_POINT_FUNCTION void set_lane(double &a, int, double v) { a = v; }

constexpr int WARP = 32;

// What one thread of a warp sees of the warp's memory.
struct Strided {
    double *first;
    INTERIOR_POINT_FUNCTION double &operator[](Index i) const { return first[i * WARP]; }
    INTERIOR_POINT_FUNCTION Strided operator+(Index i) const { return {first + i * WARP}; }
};

}  // namespace loopwise

#include "interior_point.cuh"

namespace loopwise {

// `memory`: `thread_memory` doubles for every thread of the grid. OWN_VALUES: every program has its own `values`.
template <bool OWN_VALUES>
__global__ void __launch_bounds__(128) solve(
    const int rows, const int columns, const int bounded, const int entries, const int *row_place,
    const int *column_place, const int *entry_place, const int *column_start, const int *column_row,
    const double *value, const int panels, const int *panel_start, const Index *panel_entry,
    const int *below_start, const int *below_row, const int *form_entry, const Index *form_start,
    const int *form_column, const int *form_left, const int *form_right, const double *form_value,
    const int *tape_panel, const int *tape_entry, const Index *tape_start, const int *tape_left, const int *tape_right, const Index *tile_start,
    const Index *block_start, const int *block_width, const int *block_place, const Index count, const double *h,
    const double *q, const double *upper, const double *values, const Index q_stride, const Index upper_stride,
    const double tolerance, const int max_iterations, double *dual, double *objective, double *primal_residual,
    bool *converged, int *iterations, double *primal, const double *start, double *memory, const Index thread_memory) {
    Plan plan{};
    plan.rows = rows, plan.columns = columns, plan.bounded = bounded, plan.entries = entries;
    plan.row_place = row_place, plan.column_place = column_place, plan.entry_place = entry_place;
    plan.column_start = column_start, plan.column_row = column_row, plan.value = value;
    plan.panels = panels, plan.panel_start = panel_start, plan.panel_entry = panel_entry;
    plan.below_start = below_start, plan.below_row = below_row;
    plan.form_entry = form_entry, plan.form_start = form_start, plan.form_column = form_column, plan.form_left = form_left;
    plan.form_right = form_right, plan.form_value = form_value;
    plan.tape_panel = tape_panel, plan.tape_entry = tape_entry, plan.tape_start = tape_start, plan.tape_left = tape_left, plan.tape_right = tape_right;
    plan.tile_start = tile_start, plan.block_start = block_start;
    plan.block_width = block_width, plan.block_place = block_place;
    Batch batch{};
    batch.count = count, batch.h = h, batch.q = q, batch.upper = upper, batch.values = values;
    batch.q_stride = q_stride, batch.upper_stride = upper_stride;
    batch.tolerance = tolerance, batch.max_iterations = max_iterations;
    batch.dual = dual, batch.objective = objective, batch.primal_residual = primal_residual;
    batch.converged = converged, batch.iterations = iterations, batch.primal = primal, batch.start = start;

    const Index thread = (Index)blockIdx.x * blockDim.x + threadIdx.x, threads = (Index)gridDim.x * blockDim.x;
    const Strided state{memory + thread / WARP * WARP * thread_memory + thread % WARP};
    InteriorPoint<double, Strided, 1, OWN_VALUES> solver(plan, batch, state);
    for (Index program = thread; program < count; program += threads) solver.run(&program, 1);
}

// Doubles that one thread of `solve` needs; the host asks once per plan.
template <bool OWN_VALUES>
__global__ void memory_size(const int rows, const int columns, const int bounded, const int entries,
                            const int panels, const Index *panel_entry, Index *size) {
    Plan plan{};
    plan.rows = rows, plan.columns = columns, plan.bounded = bounded, plan.entries = entries;
    plan.panels = panels, plan.panel_entry = panel_entry;
    if (blockIdx.x == 0 && threadIdx.x == 0) *size = InteriorPoint<double, Strided, 1, OWN_VALUES>::memory_size(plan);
}

}  // namespace loopwise
