// Where a program starts: Mehrotra's least-squares solutions, moved into the interior of their bounds, or the duals of a
// central point of a program like it. The specification is kernels/reference/starting_point.py.
// Included by newton.cuh.

#include "dual_lift.cuh"

namespace loopwise {

template <class V, class Memory, int LANES, bool OWN_VALUES, class Real>
class StartingPoint : public DualLift<V, Memory, LANES, OWN_VALUES, Real> {
protected:
    using Base = DualLift<V, Memory, LANES, OWN_VALUES, Real>;
    using Base::Base;
    using Base::plan, Base::batch, Base::row, Base::cost, Base::theta, Base::upper, Base::primal_unit, Base::dual_unit, Base::transposed, Base::add_column,
        Base::factorize, Base::solve;
    using Base::H, Base::D, Base::STEP, Base::Y, Base::Z, Base::S, Base::W, Base::ONE, Base::HALF;

    static constexpr Real LARGEST = 100;  // in units of max|h|: what y starts from at most without an upper bound

    struct Shifts {
        V lowest, dual_lowest;                          // of the least-squares solutions
        V primal, dual;                                 // what is added to them
        V product, total_primal, total_dual;            // of the shifted ones
    };

    template <bool BOUNDED>
    INTERIOR_POINT_FUNCTION void least_squares(int j, Shifts &shifts) const {
        const V zero = V{};
        Memory c = this->template column<BOUNDED>(j);
        V y = theta[j] * transposed(j, row(STEP)), reduced = cost[j] - transposed(j, row(D));
        if constexpr (BOUNDED) {
            reduced = select(upper[j] > zero, HALF * reduced, zero);
            y = minimum(maximum(HALF * upper[j] + y, zero), upper[j]);
            c[W] = -reduced;
            shifts.dual_lowest = minimum(shifts.dual_lowest, -reduced);
        } else {
            shifts.lowest = minimum(shifts.lowest, y);
        }
        c[Y] = y, c[Z] = reduced;
        shifts.dual_lowest = minimum(shifts.dual_lowest, reduced);
    }

    template <bool BOUNDED>
    INTERIOR_POINT_FUNCTION void make_positive(int j, Shifts &shifts) const {
        const V zero = V{};
        Memory c = this->template column<BOUNDED>(j);
        V z = c[Z] + shifts.dual, y = c[Y];
        if constexpr (BOUNDED) {
            V open = select(upper[j] > zero, zero + ONE, zero), s = upper[j] - y, w = open * (c[W] + shifts.dual);
            z *= open;
            c[W] = w;
            shifts.product += s * w;
            shifts.total_primal += s;
            shifts.total_dual += w;
        } else {
            y += shifts.primal;
        }
        c[Y] = y, c[Z] = z;
        shifts.product += y * z;
        shifts.total_primal += y;
        shifts.total_dual += z;
    }

    template <bool BOUNDED>
    INTERIOR_POINT_FUNCTION void centre(int j, const Shifts &shifts) const {
        const V zero = V{};
        Memory c = this->template column<BOUNDED>(j);
        if constexpr (BOUNDED) {
            auto open = upper[j] > zero;
            V room = minimum(shifts.primal, (Real)0.25 * upper[j]), y = minimum(maximum(c[Y], room), upper[j] - room);
            c[Y] = y, c[S] = upper[j] - y;
            c[Z] = select(open, c[Z] + shifts.dual, zero);
            c[W] = select(open, c[W] + shifts.dual, zero);
        } else {
            c[Y] += shifts.primal, c[Z] += shifts.dual;
        }
    }

    // What belongs to the duals on the central path of barrier parameter mu: y z = s w = mu, and z - w the reduced cost.
    template <bool BOUNDED>
    INTERIOR_POINT_FUNCTION void be_central(int j, V mu) const {
        Memory c = this->template column<BOUNDED>(j);
        const V reduced = cost[j] - transposed(j, row(D));
        if constexpr (BOUNDED) {
            const V zero = V{}, u = upper[j], pull = absolute(reduced) * u, twice = (Real)2.0 * mu;
            const V small = twice * u / (pull + twice + square_root(pull * pull + twice * twice)), large = u - small;
            auto positive = reduced > zero, open = u > zero;
            const V y = select(positive, small, large), s = select(positive, large, small);
            c[Y] = y, c[Z] = select(open, mu / y, zero);
            c[S] = s, c[W] = select(open, mu / s, zero);
        } else {
            const V z = maximum(reduced, mu / LARGEST);
            c[Y] = mu / z, c[Z] = z;
        }
    }

    INTERIOR_POINT_FUNCTION void start_central() {
        V mu{};
        for (int l = 0; l < LANES; l++) set_lane(mu, l, batch.start[plan.rows] / (primal_unit[l] * dual_unit[l]));
        for (int i = 0; i < plan.rows; i++) {
            const double d = batch.start[plan.row_place[i]];
            for (int l = 0; l < LANES; l++) set_lane(row(D)[i], l, d / dual_unit[l]);
        }
        for (int j = 0; j < plan.bounded; j++) be_central<true>(j, mu);
        for (int j = plan.bounded; j < plan.columns; j++) be_central<false>(j, mu);
    }

    INTERIOR_POINT_FUNCTION void start() {
        const int m = plan.rows, n = plan.columns, b = plan.bounded;
        const V zero = V{};
        for (int j = 0; j < n; j++) theta[j] = j < b ? select(upper[j] > zero, zero + HALF, zero) : zero + ONE;
        factorize(theta);
        for (int i = 0; i < m; i++) row(STEP)[i] = row(H)[i], row(D)[i] = zero;
        for (int j = 0; j < n; j++) {
            if (j < b) add_column(j, -HALF * upper[j], row(STEP));
            add_column(j, theta[j] * cost[j], row(D));
        }
        solve(row(STEP));
        solve(row(D));
        Shifts shifts{};
        for (int j = 0; j < b; j++) least_squares<true>(j, shifts);
        for (int j = b; j < n; j++) least_squares<false>(j, shifts);
        shifts.primal = -(Real)1.5 * shifts.lowest, shifts.dual = -(Real)1.5 * shifts.dual_lowest;
        for (int j = 0; j < b; j++) make_positive<true>(j, shifts);
        for (int j = b; j < n; j++) make_positive<false>(j, shifts);
        shifts.primal = HALF * shifts.product / maximum(shifts.total_dual, zero + (Real)1e-12) + (Real)1e-3;
        shifts.dual = HALF * shifts.product / maximum(shifts.total_primal, zero + (Real)1e-12) + (Real)1e-3;
        for (int j = 0; j < b; j++) centre<true>(j, shifts);
        for (int j = b; j < n; j++) centre<false>(j, shifts);
    }
};

}  // namespace loopwise
