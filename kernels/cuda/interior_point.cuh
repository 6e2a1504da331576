// Batched interior point: linear programs that share one sparsity pattern, one program per lane.
//
//     min q'y   s.t.   W y = h,   y + s = upper (the first `bounded` columns),   y, s >= 0
//     max h'd - upper'w   s.t.   W'd + z - w = q,   z, w >= 0
//
// Mehrotra's predictor-corrector (SIAM J. Optim. 2 (1992), DOI 10.1137/0802028); the specification, with the sources of
// every safeguard, is kernels/reference/interior_point.py. Order, elimination and the list of products of the Cholesky
// factorization of W diag(theta) W' were fixed on the host (kernels/symbolic.py). A lane is one element of a CPU vector
// or one CUDA thread; what it computes never depends on the other lanes.
//
// No includes. Before this file come plan.cuh, INTERIOR_POINT_FUNCTION (how functions are declared) and, for the lane type V, the
// operations select, maximum, minimum, absolute, square_root, lane and set_lane (kernels/cpp/variant.cpp). `Memory` is
// what V lives in: V* or anything else with [] and +.

namespace loopwise {

constexpr double STEP_TO_BOUNDARY = 0.995;
constexpr double DEPENDENT = 1e-14;
constexpr double PROXIMAL = 1e-10;
constexpr double OBJECTIVE_FLOOR = 1e-6;
constexpr double SMALLEST = 1e-300;

template <class V, class Memory, int LANES, bool OWN_VALUES>
class InteriorPoint {
    enum RowField { H, D, STEP, RESIDUAL, BASE, CENTRE, SECOND, ROW_FIELDS };
    enum ColumnField { COST, THETA, Y, Z, STEP_Y, STEP_Z, INVERSE_Y, PUSH, PREDICTOR, COLUMN_FIELDS };
    enum BoundedField { UPPER, S, W, STEP_W, INVERSE_S, BOUNDED_FIELDS };

    const Plan &plan;
    const Batch &batch;
    Memory row_memory, column_memory, bounded_memory, factor_memory, value_memory;
    Index program[LANES];
    double primal_unit[LANES], dual_unit[LANES];  // max|h| and max|q|: each program is solved in these
    bool running[LANES];
    V pairs, primal_step, dual_step;
    V objective, dual_objective, complementarity, primal_error, dual_error;  // of the current point
    V slope, dual_slope, curvature;                                          // of the predictor's complementarity
    V primal_ratio, dual_ratio;                                              // largest relative decrease
    V target;                                                                // sigma mu

    INTERIOR_POINT_FUNCTION Memory row(int field) const { return row_memory + (Index)field * plan.rows; }
    INTERIOR_POINT_FUNCTION Memory column(int field) const { return column_memory + (Index)field * plan.columns; }
    INTERIOR_POINT_FUNCTION Memory bound(int field) const { return bounded_memory + (Index)field * plan.bounded; }

    INTERIOR_POINT_FUNCTION V value(int k) const {
        if constexpr (OWN_VALUES) return value_memory[k];
        else return V{} + plan.value[k];
    }

    // Entry j of W'd.
    INTERIOR_POINT_FUNCTION V transposed(int j, Memory d) const {
        V sum = V{};
        for (int k = plan.column_start[j]; k < plan.column_start[j + 1]; k++) sum += value(k) * d[plan.column_row[k]];
        return sum;
    }

    // target += W_j amount
    INTERIOR_POINT_FUNCTION void add_column(int j, V amount, Memory sum) const {
        for (int k = plan.column_start[j]; k < plan.column_start[j + 1]; k++) sum[plan.column_row[k]] += value(k) * amount;
    }

    INTERIOR_POINT_FUNCTION void clear(Memory values, int count) const {
        for (int i = 0; i < count; i++) values[i] = V{};
    }

    // L L' = W diag(theta) W', left-looking: every entry is summed in a register and stored once. The diagonal holds
    // reciprocals; a dependent row gets a zero column, which leaves its dual where it is.
    INTERIOR_POINT_FUNCTION void factorize() {
        Memory theta = column(THETA), factor = factor_memory;
        for (int c = 0; c < plan.rows; c++) {
            const int diagonal = plan.factor_start[c];
            V inverse = V{};
            for (int k = diagonal; k < plan.factor_start[c + 1]; k++) {
                V entry = V{};
                for (Index f = plan.form_start[k]; f < plan.form_start[k + 1]; f++) {
                    if constexpr (OWN_VALUES)
                        entry += value(plan.form_left[f]) * value(plan.form_right[f]) * theta[plan.form_column[f]];
                    else entry += plan.form_value[f] * theta[plan.form_column[f]];
                }
                V even = entry, odd = V{};  // two sums, for half the latency
                Index t = plan.tape_start[k];
                const Index last = plan.tape_start[k + 1];
                for (; t + 1 < last; t += 2) {
                    even -= factor[plan.tape_left[t]] * factor[plan.tape_right[t]];
                    odd -= factor[plan.tape_left[t + 1]] * factor[plan.tape_right[t + 1]];
                }
                if (t < last) even -= factor[plan.tape_left[t]] * factor[plan.tape_right[t]];
                even += odd;
                if (k == diagonal) {
                    auto independent = even > DEPENDENT * entry;
                    V pivot = select(independent, even, V{} + 1.0);
                    inverse = select(independent, 1.0 / square_root(pivot), V{});
                    factor[k] = inverse;
                } else {
                    factor[k] = even * inverse;
                }
            }
        }
    }

    // x := (L L')^-1 x
    INTERIOR_POINT_FUNCTION void solve(Memory x) const {
        Memory factor = factor_memory;
        for (int c = 0; c < plan.rows; c++) {
            const int first = plan.factor_start[c], last = plan.factor_start[c + 1];
            const V t = x[c] * factor[first];
            x[c] = t;
            for (int k = first + 1; k < last; k++) x[plan.factor_row[k]] -= factor[k] * t;
        }
        for (int c = plan.rows - 1; c >= 0; c--) {
            const int first = plan.factor_start[c], last = plan.factor_start[c + 1];
            V even = x[c], odd = V{};
            int k = first + 1;
            for (; k + 1 < last; k += 2) {
                even -= factor[k] * x[plan.factor_row[k]];
                odd -= factor[k + 1] * x[plan.factor_row[k + 1]];
            }
            if (k < last) even -= factor[k] * x[plan.factor_row[k]];
            x[c] = (even + odd) * factor[first];
        }
    }

    // Reads program `first` + lane into each lane, in its own units; lanes past the end repeat the last program.
    INTERIOR_POINT_FUNCTION void load(Index first) {
        const int m = plan.rows, n = plan.columns, b = plan.bounded;
        for (int l = 0; l < LANES; l++) {
            running[l] = first + l < batch.count;
            const Index k = running[l] ? first + l : batch.count - 1;
            program[l] = k;
            const double *h = batch.h + k * m, *q = batch.q + k * batch.q_stride;
            const double *upper = batch.upper + k * batch.upper_stride;
            double h_size = 0.0, q_size = 0.0, count = 0.0;
            auto enlarge = [](double &size, double v) { size = v > size ? v : -v > size ? -v : size; };
            for (int i = 0; i < m; i++) enlarge(h_size, h[i]);
            for (int j = 0; j < n; j++) {
                const int place = plan.column_place[j];
                if (j < b && !(upper[place] > 0.0)) continue;
                enlarge(q_size, q[place]);
                count += j < b ? 2.0 : 1.0;
            }
            primal_unit[l] = h_size > 0.0 ? h_size : 1.0;
            dual_unit[l] = q_size > 0.0 ? q_size : 1.0;
            set_lane(pairs, l, count > 1.0 ? count : 1.0);
            for (int i = 0; i < m; i++) set_lane(row(H)[i], l, h[plan.row_place[i]] / primal_unit[l]);
            for (int j = 0; j < n; j++) set_lane(column(COST)[j], l, q[plan.column_place[j]] / dual_unit[l]);
            for (int j = 0; j < b; j++) {
                const double u = upper[plan.column_place[j]];
                set_lane(bound(UPPER)[j], l, u > 0.0 ? u / primal_unit[l] : 0.0);
            }
            if constexpr (OWN_VALUES) {
                const double *values = batch.values + k * plan.entries;
                for (int e = 0; e < plan.entries; e++) set_lane(value_memory[e], l, values[plan.entry_place[e]]);
            }
        }
    }

    // Mehrotra's starting point: least-squares solutions, moved into the interior of their bounds.
    INTERIOR_POINT_FUNCTION void start() {
        const int m = plan.rows, n = plan.columns, b = plan.bounded;
        const V zero = V{};
        Memory theta = column(THETA), q = column(COST), upper = bound(UPPER), d = row(D), lagrange = row(STEP);
        for (int j = 0; j < n; j++) theta[j] = j < b ? select(upper[j] > zero, zero + 0.5, zero) : zero + 1.0;
        factorize();
        for (int i = 0; i < m; i++) lagrange[i] = row(H)[i], d[i] = zero;
        for (int j = 0; j < n; j++) {
            if (j < b) add_column(j, -0.5 * upper[j], lagrange);
            add_column(j, theta[j] * q[j], d);
        }
        solve(lagrange);
        solve(d);
        V lowest = zero, dual_lowest = zero;
        for (int j = 0; j < n; j++) {
            V y = theta[j] * transposed(j, lagrange), reduced = q[j] - transposed(j, d);
            if (j < b) {
                reduced = select(upper[j] > zero, 0.5 * reduced, zero);
                column(Y)[j] = minimum(maximum(0.5 * upper[j] + y, zero), upper[j]);
                bound(W)[j] = -reduced;
                dual_lowest = minimum(dual_lowest, -reduced);
            } else {
                column(Y)[j] = y;
                lowest = minimum(lowest, y);
            }
            column(Z)[j] = reduced;
            dual_lowest = minimum(dual_lowest, reduced);
        }
        V shift = -1.5 * lowest, dual_shift = -1.5 * dual_lowest, product = zero, total_primal = zero, total_dual = zero;
        for (int j = 0; j < n; j++) {
            V z = column(Z)[j] + dual_shift, y = column(Y)[j];
            if (j < b) {
                V open = select(upper[j] > zero, zero + 1.0, zero);
                V s = upper[j] - y, w = open * (bound(W)[j] + dual_shift);
                z *= open;
                bound(W)[j] = w;
                product += s * w;
                total_primal += s;
                total_dual += w;
            } else {
                y += shift;
            }
            column(Y)[j] = y;
            column(Z)[j] = z;
            product += y * z;
            total_primal += y;
            total_dual += z;
        }
        shift = 0.5 * product / maximum(total_dual, zero + 1e-12) + 1e-3;
        dual_shift = 0.5 * product / maximum(total_primal, zero + 1e-12) + 1e-3;
        for (int j = 0; j < b; j++) {
            auto open = upper[j] > zero;
            V room = minimum(shift, 0.25 * upper[j]), y = minimum(maximum(column(Y)[j], room), upper[j] - room);
            column(Y)[j] = y;
            bound(S)[j] = upper[j] - y;
            column(Z)[j] = select(open, column(Z)[j] + dual_shift, zero);
            bound(W)[j] = select(open, bound(W)[j] + dual_shift, zero);
        }
        for (int j = b; j < n; j++) column(Y)[j] += shift, column(Z)[j] += dual_shift;
        // the first `advance` stays here
        clear(column(STEP_Y), n), clear(column(STEP_Z), n), clear(bound(STEP_W), b), clear(row(STEP), m);
        primal_step = dual_step = zero;
    }

    // Takes the step, measures the new point, and prepares theta and the predictor's right-hand side.
    template <bool BOUNDED>
    INTERIOR_POINT_FUNCTION void advance_column(int j) {
        const V zero = V{};
        V y = column(Y)[j] + primal_step * column(STEP_Y)[j], z = column(Z)[j] + dual_step * column(STEP_Z)[j];
        V q = column(COST)[j], push = q - transposed(j, row(D)), theta;
        column(Y)[j] = y, column(Z)[j] = z;
        objective += q * y;
        complementarity += y * z;
        if constexpr (BOUNDED) {
            V s = bound(S)[j] - primal_step * column(STEP_Y)[j], w = bound(W)[j] + dual_step * bound(STEP_W)[j];
            V upper = bound(UPPER)[j];
            auto open = upper > zero;
            bound(S)[j] = s, bound(W)[j] = w;
            dual_objective -= upper * w;
            complementarity += s * w;
            push = select(open, push, zero);
            V both = select(open, 1.0 / (y * s), zero), inverse_y = s * both, inverse_s = y * both;
            column(INVERSE_Y)[j] = inverse_y, bound(INVERSE_S)[j] = inverse_s;
            theta = select(open, 1.0 / (z * inverse_y + w * inverse_s + PROXIMAL), zero);
            dual_error = maximum(dual_error, absolute(push - z + w));
        } else {
            V inverse_y = 1.0 / y;
            column(INVERSE_Y)[j] = inverse_y;
            theta = 1.0 / (z * inverse_y + PROXIMAL);
            dual_error = maximum(dual_error, absolute(push - z));
        }
        column(THETA)[j] = theta, column(PUSH)[j] = push;
        V base = theta * push;
        for (int k = plan.column_start[j]; k < plan.column_start[j + 1]; k++) {
            const int i = plan.column_row[k];
            const V a = value(k);
            row(RESIDUAL)[i] -= a * y;
            row(BASE)[i] += a * base;
        }
    }

    INTERIOR_POINT_FUNCTION void advance() {
        objective = dual_objective = complementarity = primal_error = dual_error = V{};
        for (int i = 0; i < plan.rows; i++) {
            V h = row(H)[i], d = row(D)[i] + dual_step * row(STEP)[i];
            row(D)[i] = d, row(RESIDUAL)[i] = h;
            dual_objective += h * d;
        }
        clear(row(BASE), plan.rows);
        for (int j = 0; j < plan.bounded; j++) advance_column<true>(j);
        for (int j = plan.bounded; j < plan.columns; j++) advance_column<false>(j);
        for (int i = 0; i < plan.rows; i++) primal_error = maximum(primal_error, absolute(row(RESIDUAL)[i]));
    }

    // The step straight to complementarity zero, and what of the corrector's right-hand side follows from it.
    template <bool BOUNDED>
    INTERIOR_POINT_FUNCTION void predict_column(int j) {
        V theta = column(THETA)[j], y = column(Y)[j], z = column(Z)[j], inverse_y = column(INVERSE_Y)[j];
        V dy = theta * (transposed(j, row(STEP)) - column(PUSH)[j]);
        V relative = dy * inverse_y, dz = -z - z * relative, centre = inverse_y, second = dz * relative;
        column(PREDICTOR)[j] = dy;
        primal_ratio = maximum(primal_ratio, -relative);
        dual_ratio = maximum(dual_ratio, 1.0 + relative);
        slope += dy * z;
        dual_slope += y * dz;
        curvature += dy * dz;
        if constexpr (BOUNDED) {
            V s = bound(S)[j], w = bound(W)[j], inverse_s = bound(INVERSE_S)[j];
            V other = dy * inverse_s, dw = w * other - w;
            centre -= inverse_s;
            second += dw * other;
            primal_ratio = maximum(primal_ratio, other);
            dual_ratio = maximum(dual_ratio, 1.0 - other);
            slope -= dy * w;
            dual_slope += s * dw;
            curvature -= dy * dw;
        }
        centre *= theta, second *= theta;
        for (int k = plan.column_start[j]; k < plan.column_start[j + 1]; k++) {
            const int i = plan.column_row[k];
            const V a = value(k);
            row(CENTRE)[i] += a * centre;
            row(SECOND)[i] += a * second;
        }
    }

    INTERIOR_POINT_FUNCTION void predict() {
        const V zero = V{};
        for (int i = 0; i < plan.rows; i++) row(STEP)[i] = row(BASE)[i] + row(RESIDUAL)[i];
        solve(row(STEP));
        clear(row(CENTRE), plan.rows), clear(row(SECOND), plan.rows);
        primal_ratio = dual_ratio = zero + 1.0;
        slope = dual_slope = curvature = zero;
        for (int j = 0; j < plan.bounded; j++) predict_column<true>(j);
        for (int j = plan.bounded; j < plan.columns; j++) predict_column<false>(j);
        V primal = 1.0 / primal_ratio, dual = 1.0 / dual_ratio;
        V reached = complementarity + primal * slope + dual * dual_slope + primal * dual * curvature;
        V sigma = maximum(reached, zero) / maximum(complementarity, zero + SMALLEST);
        target = sigma * sigma * sigma * complementarity / pairs;
    }

    // Residuals of y z and s w that the corrector removes, first without -y z and -s w, which `push` holds.
    INTERIOR_POINT_FUNCTION V aim_y(int j) const {
        V dy = column(PREDICTOR)[j], z = column(Z)[j];
        return target + dy * (z + z * dy * column(INVERSE_Y)[j]);
    }
    INTERIOR_POINT_FUNCTION V aim_s(int j) const {
        V dy = column(PREDICTOR)[j], w = bound(W)[j];
        return target + dy * (w * dy * bound(INVERSE_S)[j] - w);
    }

    template <bool BOUNDED>
    INTERIOR_POINT_FUNCTION void correct_column(int j) {
        V g = column(PUSH)[j] - aim_y(j) * column(INVERSE_Y)[j];
        if constexpr (BOUNDED) g += aim_s(j) * bound(INVERSE_S)[j];
        V dy = column(THETA)[j] * (transposed(j, row(STEP)) - g);
        column(STEP_Y)[j] = dy;
        add_column(j, -dy, row(RESIDUAL));
    }

    // The final direction, refined by the solution of W dy = what the step left of the residual.
    template <bool BOUNDED>
    INTERIOR_POINT_FUNCTION void finish_column(int j) {
        V y = column(Y)[j], z = column(Z)[j], inverse_y = column(INVERSE_Y)[j];
        V dy = column(STEP_Y)[j] + column(THETA)[j] * transposed(j, row(RESIDUAL));
        column(STEP_Y)[j] = dy;
        V dz = (aim_y(j) - z * dy) * inverse_y - z * (y * inverse_y);
        column(STEP_Z)[j] = dz;
        primal_ratio = maximum(primal_ratio, -dy * inverse_y);
        if constexpr (BOUNDED) {
            const V zero = V{};
            auto open = bound(UPPER)[j] > zero;
            V s = bound(S)[j], w = bound(W)[j], inverse_s = bound(INVERSE_S)[j];
            V dw = (aim_s(j) + w * dy) * inverse_s - w * (s * inverse_s);
            dz = select(open, dz, zero), dw = select(open, dw, zero);
            column(STEP_Z)[j] = dz, bound(STEP_W)[j] = dw;
            V both = select(open, 1.0 / (z * w), zero);
            primal_ratio = maximum(primal_ratio, dy * inverse_s);
            dual_ratio = maximum(dual_ratio, maximum(-dz * (w * both), -dw * (z * both)));
        } else {
            dual_ratio = maximum(dual_ratio, -dz / z);
        }
    }

    INTERIOR_POINT_FUNCTION void correct() {
        const V share = V{} + STEP_TO_BOUNDARY;
        for (int i = 0; i < plan.rows; i++)
            row(STEP)[i] = row(RESIDUAL)[i] + row(BASE)[i] - target * row(CENTRE)[i] + row(SECOND)[i];
        solve(row(STEP));
        for (int j = 0; j < plan.bounded; j++) correct_column<true>(j);
        for (int j = plan.bounded; j < plan.columns; j++) correct_column<false>(j);
        solve(row(RESIDUAL));
        primal_ratio = dual_ratio = share;
        for (int j = 0; j < plan.bounded; j++) finish_column<true>(j);
        for (int j = plan.bounded; j < plan.columns; j++) finish_column<false>(j);
        for (int i = 0; i < plan.rows; i++) row(STEP)[i] += row(RESIDUAL)[i];
        primal_step = share / primal_ratio;
        dual_step = share / dual_ratio;
    }

    // Hands out what lane l reached, in the caller's units and order.
    INTERIOR_POINT_FUNCTION void leave(int l, bool converged, int iteration) {
        const Index k = program[l];
        double corrected = lane(objective, l);
        for (int i = 0; i < plan.rows; i++) {
            const double d = lane(row(D)[i], l);
            corrected += d * lane(row(RESIDUAL)[i], l);
            batch.dual[k * plan.rows + plan.row_place[i]] = d * dual_unit[l];
        }
        if (batch.primal)
            for (int j = 0; j < plan.columns; j++)
                batch.primal[k * plan.columns + plan.column_place[j]] = lane(column(Y)[j], l) * primal_unit[l];
        batch.objective[k] = corrected * primal_unit[l] * dual_unit[l];
        batch.primal_residual[k] = lane(primal_error, l) * (primal_unit[l] / (1.0 + primal_unit[l]));
        batch.converged[k] = converged;
        batch.iterations[k] = iteration;
        running[l] = false;
    }

    // Takes out every lane that is done; how many still run.
    INTERIOR_POINT_FUNCTION int judge(int iteration) {
        const V scale = batch.tolerance * (absolute(objective) + OBJECTIVE_FLOOR);
        const V gap = maximum(absolute(objective - dual_objective), complementarity), error = maximum(primal_error, dual_error);
        const V check = objective + dual_objective + complementarity + error;  // NaN or infinite: diverged
        int left = 0;
        for (int l = 0; l < LANES; l++) {
            if (!running[l]) continue;
            const double sum = lane(check, l);
            const bool broken = !(sum - sum == 0.0);
            const bool converged = !broken && lane(gap, l) <= lane(scale, l) && lane(error, l) <= batch.tolerance;
            if (converged || broken || iteration == batch.max_iterations) leave(l, converged, iteration);
            else left++;
        }
        return left;
    }

public:
    // Lanes of V that one solver works in.
    static INTERIOR_POINT_FUNCTION Index memory_size(const Plan &plan) {
        return (Index)plan.rows * ROW_FIELDS + (Index)plan.columns * COLUMN_FIELDS + (Index)plan.bounded * BOUNDED_FIELDS +
               plan.factor_start[plan.rows] + (OWN_VALUES ? plan.entries : 0);
    }

    INTERIOR_POINT_FUNCTION InteriorPoint(const Plan &plan, const Batch &batch, Memory memory)
        : plan(plan), batch(batch), row_memory(memory), column_memory(row_memory + (Index)plan.rows * ROW_FIELDS),
          bounded_memory(column_memory + (Index)plan.columns * COLUMN_FIELDS),
          factor_memory(bounded_memory + (Index)plan.bounded * BOUNDED_FIELDS),
          value_memory(factor_memory + (Index)plan.factor_start[plan.rows]) {
        pairs = V{} + 1.0;
    }

    // Solves the programs `first` .. `first` + LANES - 1.
    INTERIOR_POINT_FUNCTION void run(Index first) {
        load(first);
        start();
        for (int iteration = 0;; iteration++) {
            advance();
            if (judge(iteration) == 0) return;
            factorize();
            predict();
            correct();
            for (int l = 0; l < LANES; l++)  // what is done stands still: no overflow, no slow denormal numbers
                if (!running[l]) set_lane(primal_step, l, 0.0), set_lane(dual_step, l, 0.0);
        }
    }
};

}  // namespace loopwise
