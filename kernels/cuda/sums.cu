// Weighted sums on the device, without atomics and barriers: every thread forms one number in a fixed order, so that
// results do not depend on the grid. kernels/gpu/ launches these; kernels/expectation.py says what they mean.

namespace loopwise {

using Index = long long;

// result[k, j] = sum_i dense[k, i] matrix[i, j]: dense (count, rows), the matrix (rows, columns) by column.
__global__ void multiply(const Index count, const int rows, const int columns, const Index *start, const Index *row,
                         const double *value, const double *dense, double *result) {
    const Index threads = (Index)gridDim.x * blockDim.x;
    for (Index t = (Index)blockIdx.x * blockDim.x + threadIdx.x; t < count * columns; t += threads) {
        const Index k = t / columns, j = t % columns;
        double sum = 0.0;
        for (Index e = start[j]; e < start[j + 1]; e++) sum += dense[k * rows + row[e]] * value[e];
        result[t] = sum;
    }
}

// One number of a cell, the scenarios order[start[cell]] .. order[start[cell + 1] - 1], in that order. Fields: weight, value,
// tail weight, tail value, `width` slopes, `width` tail slopes. A scenario is in the tail where its bound exceeds the threshold.
// slope_j = - sum_i T[i, j] dual_i + sum_i U[i, j] min(0, reduced_cost_i). T and U by column; entry e has the value
// own_values[k, own[e]] of scenario k where own[e] >= 0.
__global__ void cell_sums(const Index cells, const int width, const int rows, const int columns, const Index *start,
                          const Index *order, const double *weight, const double *bound, const bool *cut,
                          const double *dual, const double *reduced_cost, const bool has_tail, const double threshold,
                          const Index *t_start, const Index *t_row, const double *t_value, const Index *t_own,
                          const double *t_own_values, const Index t_own_count, const Index *u_start,
                          const Index *u_row, const double *u_value, const Index *u_own, const double *u_own_values,
                          const Index u_own_count, double *sums) {
    const Index fields = 4 + 2 * (Index)width, features = 2 + width, threads = (Index)gridDim.x * blockDim.x;
    for (Index t = (Index)blockIdx.x * blockDim.x + threadIdx.x; t < cells * features; t += threads) {
        const Index cell = t / features, feature = t % features, j = feature - 2;
        double all = 0.0, tail = 0.0;
        for (Index s = start[cell]; s < start[cell + 1]; s++) {
            const Index k = order[s];
            const double w = weight[k], b = bound[k];
            const bool above = has_tail && b > threshold;
            if (feature == 0) {
                all += w;
                if (above) tail += w;
            } else if (feature == 1) {
                all += w * b;
                if (above) tail += w * (b - threshold);
            } else if (cut[k]) {
                double slope = 0.0;
                for (Index e = t_start[j]; e < t_start[j + 1]; e++) {
                    const double v = t_own[e] < 0 ? t_value[e] : t_own_values[k * t_own_count + t_own[e]];
                    slope -= v * dual[k * rows + t_row[e]];
                }
                for (Index e = u_start[j]; e < u_start[j + 1]; e++) {
                    const double v = u_own[e] < 0 ? u_value[e] : u_own_values[k * u_own_count + u_own[e]];
                    const double r = reduced_cost[k * columns + u_row[e]];
                    if (r < 0.0) slope += v * r;
                }
                all += w * slope;
                if (above) tail += w * slope;
            }
        }
        double *const out = sums + cell * fields;
        if (feature < 2) out[feature] = all, out[2 + feature] = tail;
        else out[4 + j] = all, out[4 + width + j] = tail;
    }
}

// Of every block of `size` scenarios: weight, mean and weighted squared deviations of the objective, weighted sum of the
// bounds; and counts of scenarios, exactly resolved ones, ones of status 1, 2 and 3, iterations, and the first of
// status 1 (its index in the batch, or -1).
__global__ void block_moments(const Index count, const Index size, const double *weight, const double *objective,
                              const double *bound, const signed char *status, const bool *resolved,
                              const int *iterations, double *moments, Index *counts) {
    const Index blocks = (count + size - 1) / size, threads = (Index)gridDim.x * blockDim.x;
    for (Index b = (Index)blockIdx.x * blockDim.x + threadIdx.x; b < blocks; b += threads) {
        const Index first = b * size, last = first + size < count ? first + size : count;
        double total = 0.0, value = 0.0, lower = 0.0, squares = 0.0;
        Index of_status[4] = {0, 0, 0, 0}, exact = 0, steps = 0, infeasible = -1;
        for (Index k = first; k < last; k++) {
            const double w = weight[k];
            total += w;
            value += w * objective[k];
            lower += w * bound[k];
            exact += resolved[k];
            steps += iterations[k];
            of_status[status[k]]++;
            if (status[k] == 1 && infeasible < 0) infeasible = k;
        }
        const double mean = total != 0.0 ? value / total : 0.0;
        if (mean - mean == 0.0)
            for (Index k = first; k < last; k++) squares += weight[k] * (objective[k] - mean) * (objective[k] - mean);
        double *const m = moments + 4 * b;
        m[0] = total, m[1] = mean, m[2] = squares, m[3] = lower;
        Index *const c = counts + 7 * b;
        c[0] = last - first, c[1] = exact, c[2] = of_status[1], c[3] = of_status[2], c[4] = of_status[3];
        c[5] = steps, c[6] = infeasible;
    }
}

}  // namespace loopwise
