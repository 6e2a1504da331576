// From which variables are zero to the solution itself, by one factorization in double precision.
//
// The predictor of an interior point tells vanishing variables from those that stay (relative step -1 or 0). With the
// vanishing ones fixed at their bounds, y solves  W y = h  and d solves  W'd = q  on the others, both as the nearest
// such point, so that neither needs to be unique. What comes out is accepted only where it is feasible and the bound
// that d proves is within the tolerance: a wrong guess costs time, never a wrong result.
// Ye, On the Finite Convergence of Interior-Point Algorithms for Linear Programming, Math. Prog. 57 (1992),
// DOI 10.1007/BF01581087; El-Bakry, Tapia, Zhang, SIAM Review 36 (1994), DOI 10.1137/1036011, on indicators.
// Included by two_precisions.cuh, after starting_point.cuh.

namespace loopwise {

template <class V, class Memory, int LANES, bool OWN_VALUES>
class Vertex : public StartingPoint<V, Memory, LANES, OWN_VALUES, double> {
    using Base = StartingPoint<V, Memory, LANES, OWN_VALUES, double>;
    using Base::plan, Base::batch, Base::row, Base::cost, Base::theta, Base::upper, Base::running,
        Base::program, Base::value, Base::transposed, Base::clear;
    using Base::H, Base::D, Base::Y, Base::HALF, Base::UNSAFE;
    static constexpr int PRIMAL = Base::STEP, DUAL = Base::BASE, RESIDUAL = Base::RESIDUAL;

    static constexpr double OBJECTIVE_FLOOR = 1e-6;
    static constexpr double INSIDE = 1e-7;   // share of the interior dual that keeps reduced costs off zero
    static constexpr double ROUNDING = 1e-12;  // by which a reduced cost may point to an infinite bound: it is lifted

    template <bool BOUNDED, class Early>
    INTERIOR_POINT_FUNCTION void guess_column(int j, const Early &early, int part) const {
        const V zero = V{};
        auto e = early.template column<BOUNDED>(j);
        V y = widen(e[Early::Y], part), z = widen(e[Early::Z], part);
        const V dy = widen(e[Early::PREDICTOR], part), inverse_y = widen(e[Early::INVERSE_Y], part);
        const auto vanishes = dy * inverse_y < -HALF;
        V weight = y;
        if constexpr (BOUNDED) {
            const V s = widen(e[Early::S], part), inverse_s = widen(e[Early::INVERSE_S], part);
            const V u = upper[j];
            z -= widen(e[Early::W], part);
            const auto fills = dy * inverse_s > HALF;
            weight = minimum(y, s);
            y = select(y < s, y, u - s);
            y = select(fills, u, y), weight = select(fills, zero, weight);
        }
        y = select(vanishes, zero, y), weight = select(vanishes, zero, weight);
        Memory c = this->template column<BOUNDED>(j);
        c[Y] = y, theta[j] = weight;
        V inside = INSIDE * z;
        if constexpr (!BOUNDED) inside = maximum(inside, this->margin(j));
        const V push = weight * (cost[j] - inside - transposed(j, row(D)));
        for (int k = plan.column_start[j]; k < plan.column_start[j + 1]; k++) {
            const int i = plan.column_row[k];
            const auto a = value(k);
            row(PRIMAL)[i] -= a * y;
            row(DUAL)[i] += a * push;
        }
    }

    struct Sums {
        V objective, bound;
        V smallest;  // reduced cost of an unbounded column
    };

    template <bool BOUNDED>
    INTERIOR_POINT_FUNCTION void solve_column(int j, Sums &sums) const {
        const V zero = V{};
        Memory c = this->template column<BOUNDED>(j);
        V y = maximum(c[Y] + theta[j] * transposed(j, row(PRIMAL)), zero);
        const V reduced = cost[j] - transposed(j, row(D));
        if constexpr (BOUNDED) {
            y = minimum(y, upper[j]);
            sums.bound += minimum(reduced, zero) * upper[j];
        } else {
            sums.smallest = minimum(sums.smallest, reduced);
        }
        c[Y] = y;
        sums.objective += cost[j] * y;
        this->add_column(j, -y, row(RESIDUAL));
    }

public:
    using Base::Base;

    // Tries the lanes of `early` from LANES * part on; solved[l]: lane l is done, and its results are written.
    template <class Early>
    INTERIOR_POINT_STEP void run(const Early &early, int part, bool *solved) {
        const V zero = V{};
        int tried = 0;
        for (int l = 0; l < LANES; l++) {
            program[l] = early.program[LANES * part + l];
            running[l] = early.tried[LANES * part + l];
            solved[l] = false;
            tried += running[l];
        }
        if (tried == 0) return;
        this->read();
        for (int i = 0; i < plan.rows; i++) {
            row(PRIMAL)[i] = row(RESIDUAL)[i] = row(H)[i];
            row(DUAL)[i] = zero;
            row(D)[i] = widen(early.row(Early::D)[i], part);
        }
        for (int j = 0; j < plan.bounded; j++) guess_column<true>(j, early, part);
        for (int j = plan.bounded; j < plan.columns; j++) guess_column<false>(j, early, part);
        this->factorize(theta);
        this->solve(row(PRIMAL));
        this->solve(row(DUAL));
        Sums sums{};
        sums.smallest = zero + 1.0;
        for (int i = 0; i < plan.rows; i++) {
            const V d = row(D)[i] + row(DUAL)[i];
            row(D)[i] = d;
            sums.bound += row(H)[i] * d;
        }
        for (int j = 0; j < plan.bounded; j++) solve_column<true>(j, sums);
        for (int j = plan.bounded; j < plan.columns; j++) solve_column<false>(j, sums);
        V error = zero, residual_value = zero, corrected = sums.objective;
        for (int i = 0; i < plan.rows; i++) {
            const V residual = row(RESIDUAL)[i], value = row(D)[i] * residual;
            error = maximum(error, absolute(residual));
            residual_value += absolute(value);
            corrected += value;
        }
        const V allowed = batch.tolerance * (absolute(corrected) + OBJECTIVE_FLOOR), gap = maximum(absolute(corrected - sums.bound), residual_value);
        V lifted = zero;
        bool lifts = false;
        for (int l = 0; l < LANES; l++) {
            const double smallest = lane(sums.smallest, l);
            solved[l] = running[l] && lane(gap, l) <= lane(allowed, l) && lane(error, l) <= batch.tolerance &&
                        smallest >= -ROUNDING;
            if (solved[l] && smallest < UNSAFE) set_lane(lifted, l, 1.0), lifts = true;
        }
        if (lifts) this->lift(lifted);
        for (int l = 0; l < LANES; l++)
            if (solved[l])
                this->write(l, lane(corrected, l), lane(error, l), true, early.steps[LANES * part + l] + 1);
    }
};

}  // namespace loopwise
