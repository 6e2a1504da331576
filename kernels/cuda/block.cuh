// One block of lanes: where the numbers of its programs stand, how programs get in and results out.
// Included by dual_lift.cuh.

#include "normal_equations.cuh"

namespace loopwise {

template <class V, class Memory, int LANES, bool OWN_VALUES, class Real>
class Block : protected NormalEquations<V, Memory, OWN_VALUES, Real> {
protected:
    using Equations = NormalEquations<V, Memory, OWN_VALUES, Real>;
    using Equations::plan, Equations::value_memory;

    static constexpr Real ONE = 1.0, HALF = 0.5;

    enum RowField { H, D, STEP, RESIDUAL, BASE, CENTRE, SECOND, ROW_FIELDS };
    // All fields of a column lie side by side: one stream through memory, and constant distances. Fields that are never
    // needed at the same time share their place, which saves a third of the traffic.
    enum ColumnField {
        Y, Z, PUSH, STEP_Y, STEP_Z, FREE_FIELDS, S = FREE_FIELDS, W, STEP_W, BOUNDED_FIELDS,
        PREDICTOR = STEP_Y, INVERSE_Y = STEP_Z, INVERSE_S = STEP_W
    };

    const Batch &batch;
    Memory row_memory, bounded_memory, free_memory, cost, theta, refined, upper;
    Index program[LANES];
    double primal_unit[LANES], dual_unit[LANES];  // max|h| and max|q|: each program is solved in these
    bool running[LANES];
    V pairs;  // of a variable and the dual of its bound

    INTERIOR_POINT_FUNCTION Memory row(int field) const { return row_memory + (Index)field * plan.rows; }

    // The fields of column j; BOUNDED: whether it is one of the first `plan.bounded`.
    template <bool BOUNDED>
    INTERIOR_POINT_FUNCTION Memory column(int j) const {
        if constexpr (BOUNDED) return bounded_memory + (Index)j * BOUNDED_FIELDS;
        else return free_memory + (Index)(j - plan.bounded) * FREE_FIELDS;
    }

    static INTERIOR_POINT_FUNCTION Index columns_size(const Plan &plan) {
        return (Index)plan.bounded * BOUNDED_FIELDS + (Index)(plan.columns - plan.bounded) * FREE_FIELDS;
    }
    static INTERIOR_POINT_FUNCTION Index own_size(const Plan &plan) {
        return (Index)plan.rows * ROW_FIELDS + columns_size(plan) + 3 * (Index)plan.columns + plan.bounded;
    }

public:
    // Lanes of V that one block works in.
    static INTERIOR_POINT_FUNCTION Index memory_size(const Plan &plan) {
        return own_size(plan) + Equations::memory_size(plan);
    }

    INTERIOR_POINT_FUNCTION Block(const Plan &plan, const Batch &batch, Memory memory)
        : Equations(plan, memory + own_size(plan)), batch(batch), row_memory(memory),
          bounded_memory(memory + (Index)plan.rows * ROW_FIELDS),
          free_memory(bounded_memory + (Index)plan.bounded * BOUNDED_FIELDS),
          cost(memory + (Index)plan.rows * ROW_FIELDS + columns_size(plan)), theta(cost + plan.columns),
          refined(theta + plan.columns), upper(refined + plan.columns), pairs(V{} + ONE) {}

protected:
    // The programs `first` + lane; lanes past the end repeat the last program.
    INTERIOR_POINT_FUNCTION void choose(Index first) {
        for (int l = 0; l < LANES; l++) {
            running[l] = first + l < batch.count;
            program[l] = running[l] ? first + l : batch.count - 1;
        }
    }

    // The first `count` of `programs`; lanes past them repeat one of them.
    INTERIOR_POINT_FUNCTION void choose(const Index *programs, int count) {
        for (int l = 0; l < LANES; l++) {
            running[l] = l < count;
            program[l] = programs[running[l] ? l : 0];
        }
    }

    // Units of lane l, and how many pairs it has.
    INTERIOR_POINT_FUNCTION void measure_costs(int l) {
        const double *q = batch.q + program[l] * batch.q_stride, *ceiling = batch.upper + program[l] * batch.upper_stride;
        double size = 0.0, count = 0.0;
        for (int j = 0; j < plan.columns; j++) {
            const int place = plan.column_place[j];
            if (j < plan.bounded && !(ceiling[place] > 0.0)) continue;
            const double v = q[place] < 0.0 ? -q[place] : q[place];
            size = v > size ? v : size;
            count += j < plan.bounded ? 2.0 : 1.0;
        }
        dual_unit[l] = size > 0.0 ? size : 1.0;
        set_lane(pairs, l, count > 1.0 ? count : 1.0);
    }

    // Reads the lanes' programs, each in its own units.
    INTERIOR_POINT_FUNCTION void read() {
        const int m = plan.rows, n = plan.columns, b = plan.bounded;
        const bool shared_q = batch.q_stride == 0, shared_upper = batch.upper_stride == 0;
        V primal_units{}, dual_units{};
        for (int l = 0; l < LANES; l++) {
            const double *h = batch.h + program[l] * m;
            double size = 0.0;
            for (int i = 0; i < m; i++) {
                const double v = h[i] < 0.0 ? -h[i] : h[i];
                size = v > size ? v : size;
            }
            primal_unit[l] = size > 0.0 ? size : 1.0;
            if (l == 0 || !shared_q || !shared_upper) measure_costs(l);
            else dual_unit[l] = dual_unit[0], set_lane(pairs, l, lane(pairs, 0));
            set_lane(primal_units, l, primal_unit[l]), set_lane(dual_units, l, dual_unit[l]);
            for (int i = 0; i < m; i++) set_lane(row(H)[i], l, h[plan.row_place[i]] / primal_unit[l]);
        }
        for (int j = 0; j < n; j++) {
            const int place = plan.column_place[j];
            V q = V{} + (Real)batch.q[place];
            if (!shared_q)
                for (int l = 0; l < LANES; l++) set_lane(q, l, batch.q[program[l] * batch.q_stride + place]);
            cost[j] = q / dual_units;
        }
        for (int j = 0; j < b; j++) {
            const int place = plan.column_place[j];
            V u = V{} + (Real)batch.upper[place];
            if (!shared_upper)
                for (int l = 0; l < LANES; l++) set_lane(u, l, batch.upper[program[l] * batch.upper_stride + place]);
            upper[j] = maximum(u, V{}) / primal_units;
        }
        if constexpr (OWN_VALUES)
            for (int l = 0; l < LANES; l++) {
                const double *values = batch.values + program[l] * plan.entries;
                for (int e = 0; e < plan.entries; e++) set_lane(value_memory[e], l, values[plan.entry_place[e]]);
            }
    }

    // Hands out y and d of lane l in the caller's units and order, with the objective in the units of the lane.
    INTERIOR_POINT_FUNCTION void write(int l, double objective, double primal_error, bool converged, int iterations) {
        const Index k = program[l];
        for (int i = 0; i < plan.rows; i++)
            batch.dual[k * plan.rows + plan.row_place[i]] = lane(row(D)[i], l) * dual_unit[l];
        if (batch.primal) {
            double *const primal = batch.primal + k * plan.columns;
            for (int j = 0; j < plan.bounded; j++) primal[plan.column_place[j]] = lane(column<true>(j)[Y], l) * primal_unit[l];
            for (int j = plan.bounded; j < plan.columns; j++)
                primal[plan.column_place[j]] = lane(column<false>(j)[Y], l) * primal_unit[l];
        }
        batch.objective[k] = objective * primal_unit[l] * dual_unit[l];
        batch.primal_residual[k] = primal_error * (primal_unit[l] / (1.0 + primal_unit[l]));
        batch.converged[k] = converged;
        batch.iterations[k] = iterations;
        running[l] = false;
    }
};

}  // namespace loopwise
