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
// No includes but our own. Before this file come plan.cuh, INTERIOR_POINT_FUNCTION (how functions are declared) and, for the lane type V, the
// operations select, maximum, minimum, absolute, square_root, lane and set_lane (kernels/cpp/variant.cpp). `Memory` is
// what V lives in: V* or anything else with [] and +.

#include "normal_equations.cuh"

namespace loopwise {

template <class V, class Memory, int LANES, bool OWN_VALUES, class Real = double>
class InteriorPoint : NormalEquations<V, Memory, OWN_VALUES, Real> {
    template <class, class, int, bool, class>
    friend class InteriorPoint;
    using Equations = NormalEquations<V, Memory, OWN_VALUES, Real>;
    using Equations::SINGLE;
    using Equations::plan, Equations::value_memory, Equations::value, Equations::transposed, Equations::add_column,
        Equations::clear, Equations::factorize, Equations::solve;

    static constexpr Real STEP_TO_BOUNDARY = 0.995, PROXIMAL = 1e-10, OBJECTIVE_FLOOR = 1e-6;
    static constexpr Real ONE = 1.0, HALF = 0.5, SMALLEST = SINGLE ? 1e-30 : 1e-300;
    static constexpr Real REFINE = 0.1;  // share of the tolerance up to which a residual is no reason to refine
    static constexpr double NEAR = 1e-3;  // gap and residuals at which double precision takes over
    static constexpr int NEAR_LIMIT = 20;  // iterations in single precision after which it starts anew in double

    enum RowField { H, D, STEP, RESIDUAL, BASE, CENTRE, SECOND, ROW_FIELDS };
    enum ColumnField { COST, THETA, Y, Z, STEP_Y, STEP_Z, INVERSE_Y, PUSH, PREDICTOR, COLUMN_FIELDS };
    enum BoundedField { UPPER, S, W, STEP_W, INVERSE_S, BOUNDED_FIELDS };

    const Batch &batch;
    Memory row_memory, column_memory, bounded_memory;
    Index program[LANES];
    double primal_unit[LANES], dual_unit[LANES];  // max|h| and max|q|: each program is solved in these
    bool running[LANES], near[LANES];  // near: brought close by single precision
    int before[LANES];                 // iterations in single precision
    V pairs, primal_step, dual_step;
    V objective, dual_objective, complementarity, primal_error, dual_error;  // of the current point
    V target;                                                                // sigma mu
    V careful;                                                               // 1 where directions are refined

    INTERIOR_POINT_FUNCTION Memory row(int field) const { return row_memory + (Index)field * plan.rows; }
    INTERIOR_POINT_FUNCTION Memory column(int field) const { return column_memory + (Index)field * plan.columns; }
    INTERIOR_POINT_FUNCTION Memory bound(int field) const { return bounded_memory + (Index)field * plan.bounded; }

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
        for (int j = 0; j < n; j++) theta[j] = j < b ? select(upper[j] > zero, zero + HALF, zero) : zero + ONE;
        factorize(column(THETA));
        for (int i = 0; i < m; i++) lagrange[i] = row(H)[i], d[i] = zero;
        for (int j = 0; j < n; j++) {
            if (j < b) add_column(j, -HALF * upper[j], lagrange);
            add_column(j, theta[j] * q[j], d);
        }
        solve(lagrange);
        solve(d);
        V lowest = zero, dual_lowest = zero;
        for (int j = 0; j < n; j++) {
            V y = theta[j] * transposed(j, lagrange), reduced = q[j] - transposed(j, d);
            if (j < b) {
                reduced = select(upper[j] > zero, HALF * reduced, zero);
                column(Y)[j] = minimum(maximum(HALF * upper[j] + y, zero), upper[j]);
                bound(W)[j] = -reduced;
                dual_lowest = minimum(dual_lowest, -reduced);
            } else {
                column(Y)[j] = y;
                lowest = minimum(lowest, y);
            }
            column(Z)[j] = reduced;
            dual_lowest = minimum(dual_lowest, reduced);
        }
        V shift = -(Real)1.5 * lowest, dual_shift = -(Real)1.5 * dual_lowest, product = zero, total_primal = zero, total_dual = zero;
        for (int j = 0; j < n; j++) {
            V z = column(Z)[j] + dual_shift, y = column(Y)[j];
            if (j < b) {
                V open = select(upper[j] > zero, zero + ONE, zero);
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
        shift = HALF * product / maximum(total_dual, zero + (Real)1e-12) + (Real)1e-3;
        dual_shift = HALF * product / maximum(total_primal, zero + (Real)1e-12) + (Real)1e-3;
        for (int j = 0; j < b; j++) {
            auto open = upper[j] > zero;
            V room = minimum(shift, (Real)0.25 * upper[j]), y = minimum(maximum(column(Y)[j], room), upper[j] - room);
            column(Y)[j] = y;
            bound(S)[j] = upper[j] - y;
            column(Z)[j] = select(open, column(Z)[j] + dual_shift, zero);
            bound(W)[j] = select(open, bound(W)[j] + dual_shift, zero);
        }
        for (int j = b; j < n; j++) column(Y)[j] += shift, column(Z)[j] += dual_shift;
        stay();
    }

    // Lets the first `advance` stay where it is.
    INTERIOR_POINT_FUNCTION void stay() {
        clear(column(STEP_Y), plan.columns), clear(column(STEP_Z), plan.columns);
        clear(bound(STEP_W), plan.bounded), clear(row(STEP), plan.rows);
        primal_step = dual_step = careful = V{};
        primal_error = V{} + 1 / SMALLEST;
    }

    // Residual that is no reason to refine directions.
    INTERIOR_POINT_FUNCTION Real residual_allowed() const { return REFINE * (Real)(SINGLE ? NEAR : batch.tolerance); }

    // What one pass over the columns sums up: a local variable of the pass, so that it stays in registers.
    struct Sums {
        V objective, dual_objective, complementarity, dual_error;
        V primal_ratio, dual_ratio, slope, dual_slope, curvature;
    };

    // Takes the step, measures the new point, and prepares theta and the predictor's right-hand side.
    template <bool BOUNDED>
    INTERIOR_POINT_FUNCTION void advance_column(int j, Sums &sums) const {
        const V zero = V{};
        V y = column(Y)[j] + primal_step * column(STEP_Y)[j], z = column(Z)[j] + dual_step * column(STEP_Z)[j];
        V q = column(COST)[j], push = q - transposed(j, row(D)), theta, inverse_y;
        column(Y)[j] = y, column(Z)[j] = z;
        sums.objective += q * y;
        sums.complementarity += y * z;
        // theta = 1 / (z/y + w/s + PROXIMAL), 1/y and 1/s by one division
        if constexpr (BOUNDED) {
            V s = bound(S)[j] - primal_step * column(STEP_Y)[j], w = bound(W)[j] + dual_step * bound(STEP_W)[j];
            V upper = bound(UPPER)[j], product = y * s, weight = z * s + w * y + PROXIMAL * product;
            auto open = upper > zero;
            bound(S)[j] = s, bound(W)[j] = w;
            sums.dual_objective -= upper * w;
            sums.complementarity += s * w;
            push = select(open, push, zero);
            V reciprocal = select(open, ONE / (product * weight), zero), both = weight * reciprocal;
            inverse_y = s * both, bound(INVERSE_S)[j] = y * both;
            theta = product * (product * reciprocal);
            sums.dual_error = maximum(sums.dual_error, absolute(push - z + w));
        } else {
            V weight = z + PROXIMAL * y, reciprocal = ONE / (y * weight);
            inverse_y = weight * reciprocal;
            theta = y * (y * reciprocal);
            sums.dual_error = maximum(sums.dual_error, absolute(push - z));
        }
        column(INVERSE_Y)[j] = inverse_y, column(THETA)[j] = theta, column(PUSH)[j] = push;
        V base = theta * push;
        for (int k = plan.column_start[j]; k < plan.column_start[j + 1]; k++) {
            const int i = plan.column_row[k];
            const V a = value(k);
            row(RESIDUAL)[i] -= a * y;
            row(BASE)[i] += a * base;
        }
    }

    INTERIOR_POINT_FUNCTION void advance() {
        Sums sums{};
        for (int i = 0; i < plan.rows; i++) {
            V h = row(H)[i], d = row(D)[i] + dual_step * row(STEP)[i];
            row(D)[i] = d, row(RESIDUAL)[i] = h;
            sums.dual_objective += h * d;
        }
        clear(row(BASE), plan.rows);
        for (int j = 0; j < plan.bounded; j++) advance_column<true>(j, sums);
        for (int j = plan.bounded; j < plan.columns; j++) advance_column<false>(j, sums);
        objective = sums.objective, dual_objective = sums.dual_objective, complementarity = sums.complementarity;
        dual_error = sums.dual_error;
        V error = V{};
        for (int i = 0; i < plan.rows; i++) error = maximum(error, absolute(row(RESIDUAL)[i]));
        // a step that left more of the residual than it should have: from now on directions are refined
        V expected = (Real)10.0 * (ONE - primal_step) * primal_error;
        careful = select(error > maximum(expected, V{} + residual_allowed()), V{} + ONE, careful);
        primal_error = error;
    }

    // The step straight to complementarity zero, and what of the corrector's right-hand side follows from it.
    template <bool BOUNDED>
    INTERIOR_POINT_FUNCTION void predict_column(int j, Sums &sums) const {
        V theta = column(THETA)[j], y = column(Y)[j], z = column(Z)[j], inverse_y = column(INVERSE_Y)[j];
        V dy = theta * (transposed(j, row(STEP)) - column(PUSH)[j]);
        V relative = dy * inverse_y, dz = -z - z * relative, centre = inverse_y, second = dz * relative;
        column(PREDICTOR)[j] = dy;
        sums.primal_ratio = maximum(sums.primal_ratio, -relative);
        sums.dual_ratio = maximum(sums.dual_ratio, ONE + relative);
        sums.slope += dy * z;
        sums.dual_slope += y * dz;
        sums.curvature += dy * dz;
        if constexpr (BOUNDED) {
            V s = bound(S)[j], w = bound(W)[j], inverse_s = bound(INVERSE_S)[j];
            V other = dy * inverse_s, dw = w * other - w;
            centre -= inverse_s;
            second += dw * other;
            sums.primal_ratio = maximum(sums.primal_ratio, other);
            sums.dual_ratio = maximum(sums.dual_ratio, ONE - other);
            sums.slope -= dy * w;
            sums.dual_slope += s * dw;
            sums.curvature -= dy * dw;
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
        Sums sums{};
        sums.primal_ratio = sums.dual_ratio = zero + ONE;
        for (int j = 0; j < plan.bounded; j++) predict_column<true>(j, sums);
        for (int j = plan.bounded; j < plan.columns; j++) predict_column<false>(j, sums);
        V primal = ONE / sums.primal_ratio, dual = ONE / sums.dual_ratio;
        V reached = complementarity + primal * sums.slope + dual * sums.dual_slope + primal * dual * sums.curvature;
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

    // The corrector's y; what it leaves of the residual where the direction is to be refined.
    template <bool BOUNDED>
    INTERIOR_POINT_FUNCTION V corrected(int j) const {
        V g = column(PUSH)[j] - aim_y(j) * column(INVERSE_Y)[j];
        if constexpr (BOUNDED) g += aim_s(j) * bound(INVERSE_S)[j];
        return column(THETA)[j] * (transposed(j, row(STEP)) - g);
    }
    template <bool BOUNDED>
    INTERIOR_POINT_FUNCTION void correct_column(int j) const {
        V dy = corrected<BOUNDED>(j);
        column(STEP_Y)[j] = dy;
        add_column(j, -dy, row(RESIDUAL));
    }

    // The final direction; with REFINED plus the solution of W dy = what the corrector left of the residual.
    template <bool BOUNDED, bool REFINED>
    INTERIOR_POINT_FUNCTION void finish_column(int j, Sums &sums) const {
        V dy;
        if constexpr (REFINED) dy = column(STEP_Y)[j] + column(THETA)[j] * transposed(j, row(RESIDUAL));
        else dy = corrected<BOUNDED>(j);
        V y = column(Y)[j], z = column(Z)[j], inverse_y = column(INVERSE_Y)[j];
        V dz = (aim_y(j) - z * dy) * inverse_y - z * (y * inverse_y);
        column(STEP_Y)[j] = dy;
        sums.primal_ratio = maximum(sums.primal_ratio, -dy * inverse_y);
        if constexpr (BOUNDED) {
            const V zero = V{};
            auto open = bound(UPPER)[j] > zero;
            V s = bound(S)[j], w = bound(W)[j], inverse_s = bound(INVERSE_S)[j];
            V dw = (aim_s(j) + w * dy) * inverse_s - w * (s * inverse_s);
            dz = select(open, dz, zero), dw = select(open, dw, zero);
            bound(STEP_W)[j] = dw;
            V both = select(open, ONE / (z * w), zero);
            sums.primal_ratio = maximum(sums.primal_ratio, dy * inverse_s);
            sums.dual_ratio = maximum(sums.dual_ratio, maximum(-dz * (w * both), -dw * (z * both)));
        } else {
            sums.dual_ratio = maximum(sums.dual_ratio, -dz / z);
        }
        column(STEP_Z)[j] = dz;
    }

    template <bool REFINED>
    INTERIOR_POINT_FUNCTION void finish() {
        Sums sums{};
        sums.primal_ratio = sums.dual_ratio = V{} + STEP_TO_BOUNDARY;
        for (int j = 0; j < plan.bounded; j++) finish_column<true, REFINED>(j, sums);
        for (int j = plan.bounded; j < plan.columns; j++) finish_column<false, REFINED>(j, sums);
        primal_step = STEP_TO_BOUNDARY / sums.primal_ratio;
        dual_step = STEP_TO_BOUNDARY / sums.dual_ratio;
    }

    // Refining costs a solution and a pass over the columns; few programs ever need it. Those that do not get the same
    // numbers whether or not a neighbour does.
    INTERIOR_POINT_FUNCTION void correct() {
        for (int i = 0; i < plan.rows; i++)
            row(STEP)[i] = row(RESIDUAL)[i] + row(BASE)[i] - target * row(CENTRE)[i] + row(SECOND)[i];
        solve(row(STEP));
        bool refine = false;
        for (int l = 0; l < LANES; l++) refine |= running[l] && lane(careful, l) > (Real)0.0;
        if (!refine) return finish<false>();
        for (int j = 0; j < plan.bounded; j++) correct_column<true>(j);
        for (int j = plan.bounded; j < plan.columns; j++) correct_column<false>(j);
        for (int i = 0; i < plan.rows; i++) row(RESIDUAL)[i] = select(careful > V{}, row(RESIDUAL)[i], V{});
        solve(row(RESIDUAL));
        finish<true>();
        for (int i = 0; i < plan.rows; i++) row(STEP)[i] += row(RESIDUAL)[i];
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
            if (converged || broken || iteration == batch.max_iterations) leave(l, converged, iteration + before[l]);
            else left++;
        }
        return left;
    }

    // Single precision: brings the programs that `late` has loaded close to their solutions. A lane that is there waits.
    template <class Late>
    INTERIOR_POINT_FUNCTION void approach(const Late &late) {
        for (int i = 0; i < plan.rows; i++) row(H)[i] = narrow(late.row(Late::H)[i]);
        for (int j = 0; j < plan.columns; j++) column(COST)[j] = narrow(late.column(Late::COST)[j]);
        for (int j = 0; j < plan.bounded; j++) bound(UPPER)[j] = narrow(late.bound(Late::UPPER)[j]);
        if constexpr (OWN_VALUES)
            for (int e = 0; e < plan.entries; e++) value_memory[e] = narrow(late.value_memory[e]);
        pairs = narrow(late.pairs);
        for (int l = 0; l < LANES; l++) running[l] = late.running[l], near[l] = false;
        const int limit = batch.max_iterations < NEAR_LIMIT ? batch.max_iterations : NEAR_LIMIT;
        start();
        for (int iteration = 0;; iteration++) {
            advance();
            const V gap = maximum(absolute(objective - dual_objective), complementarity);
            const V error = maximum(primal_error, dual_error), scale = absolute(objective) + OBJECTIVE_FLOOR;
            int left = 0;
            for (int l = 0; l < LANES; l++) {
                if (!running[l]) continue;
                const double g = lane(gap, l), e = lane(error, l), size = lane(scale, l);
                near[l] = g <= NEAR * size && e <= NEAR;
                running[l] = !near[l] && g + e - (g + e) == 0.0 && iteration < limit;
                before[l] = iteration;
                left += running[l];
            }
            if (left == 0) return;
            improve();
        }
    }

    // Double precision: takes over what single precision reached; the lanes that it lost keep their own start.
    template <class Early>
    INTERIOR_POINT_FUNCTION void adopt(const Early &early) {
        V reached = V{};
        for (int l = 0; l < LANES; l++) {
            set_lane(reached, l, early.near[l] ? 1.0 : 0.0);
            before[l] = running[l] ? early.before[l] : 0;
        }
        const auto take = reached > V{};
        for (int i = 0; i < plan.rows; i++) row(D)[i] = select(take, widen(early.row(Early::D)[i]), row(D)[i]);
        for (int j = 0; j < plan.columns; j++) {
            V y = widen(early.column(Early::Y)[j]);
            if (j < plan.bounded) {  // the smaller of y and s is the more exact one
                V s = widen(early.bound(Early::S)[j]), upper = bound(UPPER)[j], w = widen(early.bound(Early::W)[j]);
                V exact = select(y < s, upper - y, s);
                y = select(y < s, y, upper - s);
                bound(S)[j] = select(take, exact, bound(S)[j]);
                bound(W)[j] = select(take, w, bound(W)[j]);
            }
            column(Y)[j] = select(take, y, column(Y)[j]);
            column(Z)[j] = select(take, widen(early.column(Early::Z)[j]), column(Z)[j]);
        }
        stay();
    }

    // One iteration from the current point; what is done stands still: no overflow, no slow denormal numbers.
    INTERIOR_POINT_FUNCTION void improve() {
        factorize(column(THETA));
        predict();
        correct();
        for (int l = 0; l < LANES; l++)
            if (!running[l]) set_lane(primal_step, l, 0.0), set_lane(dual_step, l, 0.0);
    }

    INTERIOR_POINT_FUNCTION void iterate() {
        for (int iteration = 0;; iteration++) {
            advance();
            if (judge(iteration) == 0) return;
            improve();
        }
    }

public:
    // Lanes of V that one solver works in.
    static INTERIOR_POINT_FUNCTION Index memory_size(const Plan &plan) {
        return (Index)plan.rows * ROW_FIELDS + (Index)plan.columns * COLUMN_FIELDS + (Index)plan.bounded * BOUNDED_FIELDS +
               Equations::memory_size(plan);
    }

    INTERIOR_POINT_FUNCTION InteriorPoint(const Plan &plan, const Batch &batch, Memory memory)
        : Equations(plan, memory + (Index)plan.rows * ROW_FIELDS + (Index)plan.columns * COLUMN_FIELDS +
                              (Index)plan.bounded * BOUNDED_FIELDS),
          batch(batch), row_memory(memory), column_memory(row_memory + (Index)plan.rows * ROW_FIELDS),
          bounded_memory(column_memory + (Index)plan.columns * COLUMN_FIELDS) {
        pairs = V{} + ONE;
    }

    // Solves the programs `first` .. `first` + LANES - 1.
    INTERIOR_POINT_FUNCTION void run(Index first) {
        load(first);
        start();
        for (int l = 0; l < LANES; l++) before[l] = 0;
        iterate();
    }

    // The same, most of the way in single precision, at half the cost.
    template <class Early>
    INTERIOR_POINT_FUNCTION void run(Index first, Early &early) {
        load(first);
        early.approach(*this);
        bool lost = false;
        for (int l = 0; l < LANES; l++) lost |= running[l] && !early.near[l];
        if (lost) start();
        adopt(early);
        iterate();
    }
};

}  // namespace loopwise
