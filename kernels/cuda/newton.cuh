// One iteration of Mehrotra's predictor-corrector: take the step, predict, correct, find the longest step.
// Included by interior_point.cuh.

#include "starting_point.cuh"

namespace loopwise {

template <class V, class Memory, int LANES, bool OWN_VALUES, class Real>
class Newton : public StartingPoint<V, Memory, LANES, OWN_VALUES, Real> {
protected:
    using Base = StartingPoint<V, Memory, LANES, OWN_VALUES, Real>;
    using Base::Base;
    using Base::plan, Base::batch, Base::row, Base::cost, Base::theta, Base::refined, Base::pairs,
        Base::running, Base::value, Base::transposed, Base::add_column, Base::clear, Base::factorize, Base::solve;
    using Base::H, Base::D, Base::STEP, Base::RESIDUAL, Base::BASE, Base::CENTRE, Base::SECOND;
    using Base::Y, Base::Z, Base::S, Base::W, Base::PUSH, Base::PREDICTOR, Base::INVERSE_Y, Base::INVERSE_S,
        Base::STEP_Y, Base::STEP_Z, Base::STEP_W;
    using Base::SINGLE, Base::ONE, Base::HALF;

    static constexpr Real STEP_TO_BOUNDARY = 0.995, PROXIMAL = 1e-10, OBJECTIVE_FLOOR = 1e-6;
    static constexpr Real SMALLEST = SINGLE ? 1e-30 : 1e-300;
    static constexpr Real REFINE = 0.1;   // share of the tolerance up to which a residual is no reason to refine
    static constexpr double NEAR = 1e-3;  // residuals at which double precision takes over from single

    V primal_step, dual_step;
    V objective, dual_objective, complementarity, primal_error, dual_error;  // of the current point
    V smallest;        // reduced cost of an unbounded column
    V residual_value;  // what the residual is worth at the duals' prices
    V undecided;  // distance of the predictor from saying of each pair which of the two is zero; single precision only
    V target;     // sigma mu
    V careful;    // 1 where directions are refined

    // Lets the next `advance` stay where it is.
    INTERIOR_POINT_FUNCTION void stay() {
        for (int j = 0; j < plan.bounded; j++) {
            Memory c = this->template column<true>(j);
            c[STEP_Y] = c[STEP_Z] = c[STEP_W] = V{};
        }
        for (int j = plan.bounded; j < plan.columns; j++) {
            Memory c = this->template column<false>(j);
            c[STEP_Y] = c[STEP_Z] = V{};
        }
        clear(row(STEP), plan.rows);
        primal_step = dual_step = V{};
    }

    // Lanes where `fresh` is 1 stand at a point that no step led to.
    INTERIOR_POINT_FUNCTION void forget(V fresh) {
        careful = select(fresh > V{}, V{}, careful);
        primal_error = select(fresh > V{}, V{} + 1 / SMALLEST, primal_error);
    }

    // Residual that is no reason to refine directions.
    INTERIOR_POINT_FUNCTION Real residual_allowed() const { return REFINE * (Real)(SINGLE ? NEAR : batch.tolerance); }

    // What one pass over the columns sums up: a local variable of the pass, so that it stays in registers.
    struct Sums {
        V objective, dual_objective, complementarity, dual_error;
        V primal_ratio, dual_ratio, slope, dual_slope, curvature, undecided, smallest;
    };

    // Takes the step, measures the new point, and prepares theta and the predictor's right-hand side.
    template <bool BOUNDED>
    INTERIOR_POINT_FUNCTION void advance_column(int j, Sums &sums) const {
        const V zero = V{};
        Memory c = this->template column<BOUNDED>(j);
        const V dy = c[STEP_Y], dz = c[STEP_Z], q = cost[j];
        V y = c[Y] + primal_step * dy, z = c[Z] + dual_step * dz, push = q - transposed(j, row(D)), scale;
        c[Y] = y, c[Z] = z;
        sums.objective += q * y;
        sums.complementarity += y * z;
        // theta = 1 / (z/y + w/s + PROXIMAL), 1/y and 1/s by one division
        if constexpr (BOUNDED) {
            V s = c[S] - primal_step * dy, w = c[W] + dual_step * c[STEP_W];
            V product = y * s, weight = z * s + w * y + PROXIMAL * product;
            auto open = s > zero;
            c[S] = s, c[W] = w;
            sums.dual_objective -= (y + s) * w;
            sums.complementarity += s * w;
            push = select(open, push, zero);
            V reciprocal = select(open, ONE / (product * weight), zero), both = weight * reciprocal;
            c[INVERSE_Y] = s * both, c[INVERSE_S] = y * both;
            scale = product * (product * reciprocal);
            sums.dual_error = maximum(sums.dual_error, absolute(push - z + w));
        } else {
            V weight = z + PROXIMAL * y, reciprocal = ONE / (y * weight);
            c[INVERSE_Y] = weight * reciprocal;
            scale = y * (y * reciprocal);
            sums.dual_error = maximum(sums.dual_error, absolute(push - z));
            sums.smallest = minimum(sums.smallest, push);
        }
        c[PUSH] = push, theta[j] = scale;
        const V base = scale * push;
        for (int k = plan.column_start[j]; k < plan.column_start[j + 1]; k++) {
            const int i = plan.column_row[k];
            const auto a = value(k);
            row(RESIDUAL)[i] -= a * y;
            row(BASE)[i] += a * base;
        }
    }

    INTERIOR_POINT_FUNCTION void advance() {
        Sums sums{};
        sums.smallest = V{} + ONE;
        for (int i = 0; i < plan.rows; i++) {
            V h = row(H)[i], d = row(D)[i] + dual_step * row(STEP)[i];
            row(D)[i] = d, row(RESIDUAL)[i] = h, row(BASE)[i] = V{};
            sums.dual_objective += h * d;
        }
        for (int j = 0; j < plan.bounded; j++) advance_column<true>(j, sums);
        for (int j = plan.bounded; j < plan.columns; j++) advance_column<false>(j, sums);
        objective = sums.objective, dual_objective = sums.dual_objective, complementarity = sums.complementarity;
        dual_error = sums.dual_error, smallest = sums.smallest;
        V error = V{}, value = V{};
        for (int i = 0; i < plan.rows; i++) {
            const V residual = row(RESIDUAL)[i];
            error = maximum(error, absolute(residual));
            value += absolute(residual * row(D)[i]);
        }
        residual_value = value;
        // a step that left more of the residual than it should have: from now on directions are refined
        V expected = (Real)10.0 * (ONE - primal_step) * primal_error;
        careful = select(error > maximum(expected, V{} + residual_allowed()), V{} + ONE, careful);
        primal_error = error;
    }

    INTERIOR_POINT_FUNCTION V gap() const { return maximum(absolute(objective - dual_objective), complementarity); }

    // The step straight to complementarity zero, and what of the corrector's right-hand side follows from it.
    template <bool BOUNDED>
    INTERIOR_POINT_FUNCTION void predict_column(int j, Sums &sums) const {
        Memory c = this->template column<BOUNDED>(j);
        const V scale = theta[j], y = c[Y], z = c[Z], inverse_y = c[INVERSE_Y];
        V dy = scale * (transposed(j, row(STEP)) - c[PUSH]);
        V relative = dy * inverse_y, dz = -z - z * relative, centre = inverse_y, second = dz * relative;
        c[PREDICTOR] = dy;
        sums.primal_ratio = maximum(sums.primal_ratio, -relative);
        sums.dual_ratio = maximum(sums.dual_ratio, ONE + relative);
        sums.slope += dy * z;
        sums.dual_slope += y * dz;
        sums.curvature += dy * dz;
        if constexpr (SINGLE)
            sums.undecided = maximum(sums.undecided, minimum(absolute(relative), absolute(ONE + relative)));
        if constexpr (BOUNDED) {
            const V s = c[S], w = c[W], inverse_s = c[INVERSE_S];
            V other = dy * inverse_s, dw = w * other - w;
            centre -= inverse_s;
            second += dw * other;
            sums.primal_ratio = maximum(sums.primal_ratio, other);
            sums.dual_ratio = maximum(sums.dual_ratio, ONE - other);
            sums.slope -= dy * w;
            sums.dual_slope += s * dw;
            sums.curvature -= dy * dw;
            if constexpr (SINGLE)
                sums.undecided = maximum(sums.undecided, minimum(absolute(other), absolute(ONE - other)));
        }
        centre *= scale, second *= scale;
        for (int k = plan.column_start[j]; k < plan.column_start[j + 1]; k++) {
            const int i = plan.column_row[k];
            const auto a = value(k);
            row(CENTRE)[i] += a * centre;
            row(SECOND)[i] += a * second;
        }
    }

    INTERIOR_POINT_FUNCTION void predict() {
        const V zero = V{};
        for (int i = 0; i < plan.rows; i++) {
            row(STEP)[i] = row(BASE)[i] + row(RESIDUAL)[i];
            row(CENTRE)[i] = row(SECOND)[i] = zero;
        }
        solve(row(STEP));
        Sums sums{};
        sums.primal_ratio = sums.dual_ratio = zero + ONE;
        for (int j = 0; j < plan.bounded; j++) predict_column<true>(j, sums);
        for (int j = plan.bounded; j < plan.columns; j++) predict_column<false>(j, sums);
        V primal = ONE / sums.primal_ratio, dual = ONE / sums.dual_ratio;
        V reached = complementarity + primal * sums.slope + dual * sums.dual_slope + primal * dual * sums.curvature;
        V sigma = maximum(reached, zero) / maximum(complementarity, zero + SMALLEST);
        target = sigma * sigma * sigma * complementarity / pairs;
        undecided = sums.undecided;
    }

    // Residuals of y z and s w that the corrector removes, first without -y z and -s w, which `push` holds.
    INTERIOR_POINT_FUNCTION V aim_y(V dy, V z, V inverse_y) const { return target + dy * (z + z * dy * inverse_y); }
    INTERIOR_POINT_FUNCTION V aim_s(V dy, V w, V inverse_s) const { return target + dy * (w * dy * inverse_s - w); }

    // The corrector's y from the predictor's.
    template <bool BOUNDED>
    INTERIOR_POINT_FUNCTION V corrected(int j, Memory c) const {
        const V predictor = c[PREDICTOR];
        V g = c[PUSH] - aim_y(predictor, c[Z], c[INVERSE_Y]) * c[INVERSE_Y];
        if constexpr (BOUNDED) g += aim_s(predictor, c[W], c[INVERSE_S]) * c[INVERSE_S];
        return theta[j] * (transposed(j, row(STEP)) - g);
    }

    // What it leaves of the residual where the direction is to be refined.
    template <bool BOUNDED>
    INTERIOR_POINT_FUNCTION void correct_column(int j) const {
        V dy = corrected<BOUNDED>(j, this->template column<BOUNDED>(j));
        refined[j] = dy;
        add_column(j, -dy, row(RESIDUAL));
    }

    // The final direction; in careful lanes plus the solution of W dy = what the corrector left of the residual. One code
    // for lanes that are and are not: two would be contracted to multiply-adds differently, and a lane's last bits
    // would depend on its neighbours.
    template <bool BOUNDED>
    INTERIOR_POINT_FUNCTION void finish_column(int j, bool refine, Sums &sums) const {
        Memory c = this->template column<BOUNDED>(j);
        const V predictor = c[PREDICTOR];
        V dy = corrected<BOUNDED>(j, c);
        if (refine) dy = select(careful > V{}, refined[j] + theta[j] * transposed(j, row(RESIDUAL)), dy);
        const V y = c[Y], z = c[Z], inverse_y = c[INVERSE_Y];
        V dz = (aim_y(predictor, z, inverse_y) - z * dy) * inverse_y - z * (y * inverse_y);
        c[STEP_Y] = dy;
        sums.primal_ratio = maximum(sums.primal_ratio, -dy * inverse_y);
        if constexpr (BOUNDED) {
            const V zero = V{}, s = c[S], w = c[W], inverse_s = c[INVERSE_S];
            auto open = s > zero;
            V dw = (aim_s(predictor, w, inverse_s) + w * dy) * inverse_s - w * (s * inverse_s);
            dz = select(open, dz, zero), dw = select(open, dw, zero);
            c[STEP_W] = dw;
            V both = select(open, ONE / (z * w), zero);
            sums.primal_ratio = maximum(sums.primal_ratio, dy * inverse_s);
            sums.dual_ratio = maximum(sums.dual_ratio, maximum(-dz * (w * both), -dw * (z * both)));
        } else {
            sums.dual_ratio = maximum(sums.dual_ratio, -dz / z);
        }
        c[STEP_Z] = dz;
    }

    INTERIOR_POINT_FUNCTION void finish(bool refine) {
        Sums sums{};
        sums.primal_ratio = sums.dual_ratio = V{} + STEP_TO_BOUNDARY;
        for (int j = 0; j < plan.bounded; j++) finish_column<true>(j, refine, sums);
        for (int j = plan.bounded; j < plan.columns; j++) finish_column<false>(j, refine, sums);
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
        if constexpr (!SINGLE)
            for (int l = 0; l < LANES; l++) refine |= running[l] && lane(careful, l) > (Real)0.0;
        if (refine) {
            for (int j = 0; j < plan.bounded; j++) correct_column<true>(j);
            for (int j = plan.bounded; j < plan.columns; j++) correct_column<false>(j);
            for (int i = 0; i < plan.rows; i++) row(RESIDUAL)[i] = select(careful > V{}, row(RESIDUAL)[i], V{});
            solve(row(RESIDUAL));
        }
        finish(refine);
        if (refine)
            for (int i = 0; i < plan.rows; i++) row(STEP)[i] += row(RESIDUAL)[i];
        // what is done stands still: no overflow, no slow denormal numbers
        for (int l = 0; l < LANES; l++)
            if (!running[l]) set_lane(primal_step, l, 0.0), set_lane(dual_step, l, 0.0);
    }
};

}  // namespace loopwise
