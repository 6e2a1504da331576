// Duals that prove a bound although they are rounded: a reduced cost of an unbounded column that is below zero, however
// little, proves nothing. Included by starting_point.cuh.

#include "block.cuh"

namespace loopwise {

template <class V, class Memory, int LANES, bool OWN_VALUES, class Real>
class DualLift : public Block<V, Memory, LANES, OWN_VALUES, Real> {
protected:
    using Base = Block<V, Memory, LANES, OWN_VALUES, Real>;
    using Base::Base;
    using Base::plan, Base::row, Base::cost, Base::theta, Base::value, Base::transposed, Base::add_column, Base::clear, Base::solve;
    using Base::D, Base::STEP;

    static constexpr Real MARGIN = 1e-14;
    static constexpr Real UNSAFE = 2e-15;  // in units of max|q|: what is less may be below zero in the caller's units

    static constexpr int ROUNDS = 3;

    // What a reduced cost should be at least: MARGIN of the terms that it sums. More than rounding, far less than a tolerance.
    INTERIOR_POINT_FUNCTION V margin(int j) const {
        V terms = absolute(cost[j]);
        for (int k = plan.column_start[j]; k < plan.column_start[j + 1]; k++)
            terms += absolute(value(k) * row(D)[plan.column_row[k]]);
        return MARGIN * terms;
    }

    // Moves d, in lanes where `wanted` is 1, as little as lifts all reduced costs of unbounded columns to their margin:
    // least squares weighted with theta, whose factorization is there, so that columns at zero hardly count. Where columns
    // at work depend on one another, one goes down as another goes up: what is still below zero is lifted with a surplus.
    INTERIOR_POINT_STEP void lift(V wanted) const {
        V surplus{};
        for (int round = 0; round < ROUNDS; round++) {
            clear(row(STEP), plan.rows);
            for (int j = plan.bounded; j < plan.columns; j++) {
                const V missing = minimum(cost[j] - transposed(j, row(D)) - margin(j) - surplus, V{});
                add_column(j, theta[j] * missing, row(STEP));
            }
            solve(row(STEP));
            for (int i = 0; i < plan.rows; i++) row(D)[i] += select(wanted > V{}, row(STEP)[i], V{});
            V smallest{};
            for (int j = plan.bounded; j < plan.columns; j++) smallest = minimum(smallest, cost[j] - transposed(j, row(D)));
            wanted = select(smallest < V{}, wanted, V{});
            surplus = (Real)-2.0 * smallest;
            bool again = false;
            for (int l = 0; l < LANES; l++) again |= lane(wanted, l) > 0.0;
            if (!again) return;
        }
    }
};

}  // namespace loopwise
