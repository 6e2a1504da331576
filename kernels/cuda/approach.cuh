// Single precision: brings programs to where it can be told which variables are zero.
// For machines whose vectors hold twice as many singles as doubles. Included by two_precisions.cuh, after newton.cuh.

namespace loopwise {

template <class V, class Memory, int LANES, bool OWN_VALUES>
class Approach : public Newton<V, Memory, LANES, OWN_VALUES, float> {
    template <class, class, int, bool>
    friend class Vertex;
    template <class, class, int, bool>
    friend class Finish;
    using Base = Newton<V, Memory, LANES, OWN_VALUES, float>;
    using Base::plan, Base::batch, Base::row, Base::cost, Base::theta, Base::upper, Base::pairs,
        Base::program, Base::primal_unit, Base::dual_unit, Base::running, Base::value_memory, Base::complementarity,
        Base::primal_error, Base::dual_error, Base::objective, Base::undecided, Base::careful;
    using Base::H, Base::D, Base::Y, Base::Z, Base::S, Base::W, Base::NEAR, Base::OBJECTIVE_FLOOR;

    // Where a lane ends: at a small gap; earlier where every predictor step is clearly one of a vanishing or of a staying
    // variable; or where rounding keeps the gap from shrinking.
    static constexpr float SMALL_GAP = 3e-5, LARGE_GAP = 3e-2, CLEAR = 0.3, SHRINKING = 0.5;
    static constexpr float LARGE_ERROR = 1e-2;  // residual with which a lane does not end
    // Residual, in gaps, up to which the interior point goes on from here; a larger one it would never get rid of.
    static constexpr float BALANCE = 100;
    static constexpr int STEP_LIMIT = 25;

    V gap_before;
    int steps[LANES];
    bool active[LANES];  // has a program of the batch
    bool tried[LANES];   // ended where its solution may be found at once
    bool near[LANES];    // ended where double precision can go on; else it starts anew

    // Ends every lane that is there or lost; how many still run.
    INTERIOR_POINT_FUNCTION int judge() {
        const V scale = absolute(objective) + OBJECTIVE_FLOOR, gap = this->gap() / scale;
        const V error = maximum(primal_error, dual_error), check = gap + error + undecided;
        const int limit = batch.max_iterations < STEP_LIMIT ? batch.max_iterations : STEP_LIMIT;
        int left = 0;
        for (int l = 0; l < LANES; l++) {
            if (!running[l]) continue;
            const double g = lane(gap, l), e = lane(error, l), sum = lane(check, l);
            const bool broken = !(sum - sum == 0.0) || steps[l] == limit;
            const bool there = e <= LARGE_ERROR && (g <= SMALL_GAP || (g <= LARGE_GAP && lane(undecided, l) <= CLEAR) ||
                                                    (g <= NEAR && g > SHRINKING * lane(gap_before, l)));
            tried[l] = !broken && there;
            near[l] = tried[l] && e <= NEAR && e <= BALANCE * g;
            running[l] = !broken && !there;
            left += running[l];
        }
        gap_before = gap;
        return left;
    }

public:
    using Base::Base;

    // Reads the programs `first` + lane and finds their starting points.
    INTERIOR_POINT_STEP void load(Index first) {
        this->choose(first);
        this->read();
        if (batch.start) this->start_central();
        else this->start();
        gap_before = V{} + 1.0f / Base::SMALLEST;
        careful = V{};
        primal_error = gap_before;
        for (int l = 0; l < LANES; l++) steps[l] = 0, tried[l] = near[l] = false, active[l] = running[l];
    }

    // Iterates until at most `leave` lanes still run.
    INTERIOR_POINT_STEP void run(int leave) {
        this->stay();
        for (;;) {
            this->advance();
            const V before = gap_before;
            this->factorize(theta);
            this->predict();
            if (judge() <= leave) {
                gap_before = before;  // the lanes that still run are judged again where they go on
                return;
            }
            this->correct();
            for (int l = 0; l < LANES; l++) steps[l] += running[l];
        }
    }

    // Of a lane: whether it still runs; ended, for one of the batch's programs; ended well.
    INTERIOR_POINT_FUNCTION bool runs(int l) const { return running[l]; }
    INTERIOR_POINT_FUNCTION bool ended(int l) const { return active[l] && !running[l]; }
    INTERIOR_POINT_FUNCTION bool close(int l) const { return near[l]; }
    INTERIOR_POINT_FUNCTION Index program_of(int l) const { return program[l]; }

    // Lanes from `filled` on repeat lane 0, for nothing.
    INTERIOR_POINT_FUNCTION void fill(int filled) {
        if (filled == LANES) return;
        Move<V> move;
        for (int l = filled; l < LANES; l++) bring(*this, 0, l, move), active[l] = running[l] = false;
        copy(*this, move);
    }

    // Lanes from `to` on go on with what lanes `from` of another block have reached, as many of the `count` as there is room
    // for; returns how many, and adds them to `to`.
    INTERIOR_POINT_STEP int take(const Approach &other, const int *from, int count, int &to) {
        Move<V> move;
        int taken = 0;
        for (; taken < count && to < LANES; taken++, to++) {
            bring(other, from[taken], to, move);
            active[to] = running[to] = true;
        }
        copy(other, move);
        return taken;
    }

private:
    INTERIOR_POINT_FUNCTION void bring(const Approach &other, int from, int to, Move<V> &move) {
        move.bring(from, to);
        program[to] = other.program[from], steps[to] = other.steps[from], tried[to] = near[to] = false;
        primal_unit[to] = other.primal_unit[from], dual_unit[to] = other.dual_unit[from];
    }

    INTERIOR_POINT_FUNCTION void copy(const Approach &other, const Move<V> &move) {
        auto copy = [&](V &target, const V &source) { target = move(target, source); };
        for (int i = 0; i < plan.rows; i++) copy(row(H)[i], other.row(H)[i]), copy(row(D)[i], other.row(D)[i]);
        for (int j = 0; j < plan.columns; j++) copy(cost[j], other.cost[j]);
        for (int j = 0; j < plan.bounded; j++) {
            Memory mine = this->template column<true>(j), theirs = other.template column<true>(j);
            copy(upper[j], other.upper[j]);
            copy(mine[Y], theirs[Y]), copy(mine[Z], theirs[Z]), copy(mine[S], theirs[S]), copy(mine[W], theirs[W]);
        }
        for (int j = plan.bounded; j < plan.columns; j++) {
            Memory mine = this->template column<false>(j), theirs = other.template column<false>(j);
            copy(mine[Y], theirs[Y]), copy(mine[Z], theirs[Z]);
        }
        if constexpr (OWN_VALUES)
            for (int e = 0; e < plan.entries; e++) copy(value_memory[e], other.value_memory[e]);
        copy(pairs, other.pairs), copy(careful, other.careful), copy(gap_before, other.gap_before);
        copy(primal_error, other.primal_error);
    }
};

}  // namespace loopwise
