// The whole way of a program on a machine with vectors: single precision (approach.cuh), the solution from it
// (vertex.cuh), and for the few programs where that fails the interior point in double precision, from where single
// precision ended. Programs that are left over from one block wait until they fill another, so that no lane idles; since a
// lane never depends on its neighbours, that changes no result.

#include "interior_point.cuh"
#include "approach.cuh"
#include "vertex.cuh"

namespace loopwise {

// Double precision for programs that come from several blocks of single precision.
template <class V, class Memory, int LANES, bool OWN_VALUES>
class Finish : public InteriorPoint<V, Memory, LANES, OWN_VALUES> {
    using Base = InteriorPoint<V, Memory, LANES, OWN_VALUES>;
    using Base::plan, Base::row, Base::upper, Base::program, Base::running, Base::steps, Base::last, Base::batch;
    using Base::D, Base::Y, Base::Z, Base::S, Base::W;

    int free_lanes = LANES;
    V fresh{};  // 1 in lanes that have come since the last run

public:
    INTERIOR_POINT_FUNCTION Finish(const Plan &plan, const Batch &batch, Memory memory) : Base(plan, batch, memory) {
        for (int l = 0; l < LANES; l++) running[l] = false, program[l] = 0, steps[l] = last[l] = 0;
        this->careful = this->primal_error = V{};
    }

    INTERIOR_POINT_FUNCTION bool full() const { return free_lanes == 0; }
    INTERIOR_POINT_FUNCTION bool empty() const { return free_lanes == LANES; }

    // More programs: lanes `from` of part `part` of `early`, as many of the `count` as there is room for; returns how many.
    template <class Early>
    INTERIOR_POINT_STEP int take(const Early &early, int part, const int *from, int count) {
        Move<V> move;
        if (empty())  // the other lanes hold something harmless
            for (int l = 0; l < LANES; l++) move.bring(from[0], l), program[l] = early.program[LANES * part + from[0]];
        int taken = 0;
        for (int to = 0; to < LANES && taken < count; to++) {
            if (running[to]) continue;
            const int lane = LANES * part + from[taken];
            move.bring(from[taken++], to);
            program[to] = early.program[lane], running[to] = true;
            steps[to] = early.steps[lane], last[to] = steps[to] + batch.max_iterations;
            set_lane(fresh, to, 1.0);
            free_lanes--;
        }
        auto copy = [&](V &target, const auto &source) { target = move(target, widen(source, part)); };
        for (int i = 0; i < plan.rows; i++) copy(row(D)[i], early.row(D)[i]);
        for (int j = 0; j < plan.bounded; j++) {
            auto mine = this->template column<true>(j);
            auto theirs = early.template column<true>(j);
            copy(mine[Y], theirs[Y]), copy(mine[Z], theirs[Z]), copy(mine[S], theirs[S]), copy(mine[W], theirs[W]);
        }
        for (int j = plan.bounded; j < plan.columns; j++) {
            auto mine = this->template column<false>(j);
            auto theirs = early.template column<false>(j);
            copy(mine[Y], theirs[Y]), copy(mine[Z], theirs[Z]);
        }
        return taken;
    }

    // Goes on with what has come so far until at most `waiting` programs are left.
    INTERIOR_POINT_STEP void run(int waiting) {
        if (empty()) return;
        this->read();
        const auto adopted = fresh > V{};
        for (int j = 0; j < plan.bounded; j++) {  // the smaller of y and s is the more exact one
            Memory c = this->template column<true>(j);
            const V y = c[Y], s = c[S];
            c[Y] = select(adopted, select(y < s, y, upper[j] - s), y);
            c[S] = select(adopted, select(y < s, upper[j] - y, s), s);
        }
        this->forget(fresh);
        fresh = V{};
        this->iterate(waiting);
        free_lanes = LANES;
        for (int l = 0; l < LANES; l++) free_lanes -= running[l];
    }
};

// One worker: blocks of programs, one after the other.
template <class V, class Single, int LANES, bool OWN_VALUES>
class TwoPrecisions {
    using Early = Approach<Single, Single *, 2 * LANES, OWN_VALUES>;
    using Exact = Vertex<V, V *, LANES, OWN_VALUES>;
    static constexpr int WAITING = LANES / 4;  // lanes that a block in single precision may leave over

    Early early, stragglers;
    Exact vertex;
    Finish<V, V *, LANES, OWN_VALUES> late;
    InteriorPoint<V, V *, LANES, OWN_VALUES> anew;  // in the memory of `vertex`, which holds nothing between two calls
    int straggling = 0, lost = 0;
    Index lost_programs[LANES];

    static_assert(sizeof(Single) == sizeof(V), "one unit of memory for both precisions");
    static Single *singles(V *memory) { return reinterpret_cast<Single *>(memory); }

    // What single precision has ended goes on in double.
    INTERIOR_POINT_STEP void go_on(const Early &block) {
        for (int part = 0; part < 2; part++) {
            bool solved[LANES];
            vertex.run(block, part, solved);
            int close[LANES], count = 0;
            for (int l = 0; l < LANES; l++) {
                const int lane = LANES * part + l;
                if (solved[l] || !block.ended(lane)) continue;
                if (block.close(lane)) {
                    close[count++] = l;
                } else {
                    lost_programs[lost++] = block.program_of(lane);
                    if (lost == LANES) restart();
                }
            }
            for (int taken = 0; taken < count;) {
                taken += late.take(block, part, close + taken, count - taken);
                if (late.full()) late.run(LANES / 2);
            }
        }
    }

    INTERIOR_POINT_STEP void restart() {
        if (lost > 0) anew.run(lost_programs, lost, true);
        lost = 0;
    }

    INTERIOR_POINT_STEP void run_stragglers() {
        if (straggling == 0) return;
        stragglers.fill(straggling);
        stragglers.run(0);
        straggling = 0;
        go_on(stragglers);
    }

public:
    static Index memory_size(const Plan &plan) { return 2 * Early::memory_size(plan) + 2 * Exact::memory_size(plan); }

    TwoPrecisions(const Plan &plan, const Batch &batch, V *memory)
        : early(plan, batch, singles(memory)), stragglers(plan, batch, singles(memory + Early::memory_size(plan))),
          vertex(plan, batch, memory + 2 * Early::memory_size(plan)),
          late(plan, batch, memory + 2 * Early::memory_size(plan) + Exact::memory_size(plan)),
          anew(plan, batch, memory + 2 * Early::memory_size(plan)) {}

    // Solves the programs `first` .. `first` + 2 LANES - 1, some of them perhaps not before `flush`.
    INTERIOR_POINT_STEP void run(Index first) {
        early.load(first);
        early.run(WAITING);
        go_on(early);
        int left[2 * LANES], count = 0;
        for (int l = 0; l < 2 * LANES; l++)
            if (early.runs(l)) left[count++] = l;
        for (int taken = 0; taken < count;) {
            taken += stragglers.take(early, left + taken, count - taken, straggling);
            if (straggling == 2 * LANES) run_stragglers();
        }
    }

    INTERIOR_POINT_STEP void flush() {
        run_stragglers();
        late.run(0);
        restart();
    }
};

}  // namespace loopwise
