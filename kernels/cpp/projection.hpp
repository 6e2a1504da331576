// Activities moved onto their rows, one block of lanes at a time: kernels/projection.py says what is solved.
// Included by variant.cpp, after two_precisions.cuh; nothing from the standard library, for the reason given there.

namespace loopwise {

template <class V, int LANES, bool OWN_VALUES>
class Projector : NormalEquations<V, V *, OWN_VALUES, double> {
    using Equations = NormalEquations<V, V *, OWN_VALUES, double>;
    using Equations::plan, Equations::value_memory, Equations::value, Equations::transposed, Equations::add_column,
        Equations::clear, Equations::factorize, Equations::solve;

    static constexpr int ROUNDS = 3;         // a step is exact but for rounding, which the next one takes away
    static constexpr double FREE = 1.0;      // room of a column without bounds, beside its own size
    static constexpr double INFINITE = 1e300;

    const Closing &closing;
    V *right, *residual, *limit, *activity, *square_room, *upper;

    static Index own_size(const Plan &plan) { return 3 * (Index)plan.rows + 3 * (Index)plan.columns; }

    V lower(int j) const { return V{} + closing.lower[plan.column_place[j]]; }

    void read(const Index *programs) {
        for (int l = 0; l < LANES; l++) {
            const Index k = programs[l];
            for (int i = 0; i < plan.rows; i++) set_lane(right[i], l, closing.h[k * plan.rows + plan.row_place[i]]);
            const double *above = closing.upper + k * closing.upper_stride;
            for (int j = 0; j < plan.columns; j++) {
                const int place = plan.column_place[j];
                set_lane(activity[j], l, closing.primal[k * plan.columns + place]);
                set_lane(upper[j], l, above[place]);
            }
            if constexpr (OWN_VALUES)
                for (int e = 0; e < plan.entries; e++)
                    set_lane(value_memory[e], l, closing.values[k * plan.entries + plan.entry_place[e]]);
        }
        for (int i = 0; i < plan.rows; i++) limit[i] = absolute(right[i]);
        for (int j = 0; j < plan.columns; j++) {
            const V y = activity[j], size = V{} + FREE + absolute(y);
            for (int k = plan.column_start[j]; k < plan.column_start[j + 1]; k++)
                limit[plan.column_row[k]] += absolute(value(k) * y);
            V room = minimum(y - lower(j), upper[j] - y);
            room = maximum(select(room < V{} + INFINITE, room, size), V{});
            square_room[j] = room * room;
        }
        for (int i = 0; i < plan.rows; i++)
            limit[i] = maximum(V{} + closing.allowed[plan.row_place[i]], Closing::ROUNDING * limit[i]);
    }

    // What is left of the rows; 1 in lanes where it is too much.
    V open() {
        for (int i = 0; i < plan.rows; i++) residual[i] = right[i];
        for (int j = 0; j < plan.columns; j++) add_column(j, -activity[j], residual);
        V result{};
        for (int i = 0; i < plan.rows; i++) result = select(absolute(residual[i]) <= limit[i], result, V{} + 1.0);
        return result;
    }

public:
    static Index memory_size(const Plan &plan) { return own_size(plan) + Equations::memory_size(plan); }

    Projector(const Plan &plan, const Closing &closing, V *memory)
        : Equations(plan, memory + own_size(plan)), closing(closing), right(memory), residual(right + plan.rows),
          limit(residual + plan.rows), activity(limit + plan.rows), square_room(activity + plan.columns),
          upper(square_room + plan.columns) {}

    // The programs chosen[first] .. chosen[first + LANES - 1]; past the last one it is repeated.
    INTERIOR_POINT_STEP void run(Index first) {
        Index programs[LANES];
        for (int l = 0; l < LANES; l++) programs[l] = closing.chosen[first + l < closing.count ? first + l : closing.count - 1];
        read(programs);
        factorize(square_room);
        V moving = open();
        for (int round = 0; round < ROUNDS; round++) {
            solve(residual);
            for (int j = 0; j < plan.columns; j++) {
                const V y = activity[j] + square_room[j] * transposed(j, residual);
                activity[j] = select(moving > V{}, minimum(maximum(y, lower(j)), upper[j]), activity[j]);
            }
            moving = open();
            bool any = false;
            for (int l = 0; l < LANES; l++) any |= lane(moving, l) > 0.0;
            if (!any) break;
        }
        for (int l = 0; l < LANES && first + l < closing.count; l++) {
            const Index k = programs[l];
            closing.closed[k] = !(lane(moving, l) > 0.0);
            if (!closing.closed[k]) continue;
            for (int j = 0; j < plan.columns; j++) closing.primal[k * plan.columns + plan.column_place[j]] = lane(activity[j], l);
        }
    }
};

}  // namespace loopwise
