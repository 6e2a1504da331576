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
// No includes but our own: cholesky.cuh, normal_equations.cuh (products with W), block.cuh (memory, input and output),
// dual_lift.cuh, starting_point.cuh and newton.cuh (one iteration). Before this file come plan.cuh, INTERIOR_POINT_FUNCTION (how
// functions are declared) and, for the lane type V, the operations select, maximum, minimum, absolute, square_root, lane
// and set_lane (kernels/cpp/variant.cpp). `Memory` is what V lives in: V* or anything else with [] and +.

#include "newton.cuh"

namespace loopwise {

template <class V, class Memory, int LANES, bool OWN_VALUES>
class InteriorPoint : public Newton<V, Memory, LANES, OWN_VALUES, double> {
protected:
    using Base = Newton<V, Memory, LANES, OWN_VALUES, double>;
    using Base::plan, Base::batch, Base::row, Base::theta, Base::running, Base::objective, Base::dual_objective,
        Base::complementarity, Base::primal_error, Base::dual_error, Base::smallest, Base::residual_value, Base::D,
        Base::RESIDUAL, Base::OBJECTIVE_FLOOR, Base::UNSAFE;

    int steps[LANES];  // iterations of the lane so far, in all precisions
    int last[LANES];   // those after which it is given up
    V lifted;          // 1 in lanes that are done but for the lift of their duals

    // Hands out what lane l reached.
    INTERIOR_POINT_FUNCTION void leave(int l, bool converged) {
        double corrected = lane(objective, l);
        for (int i = 0; i < plan.rows; i++) corrected += lane(row(D)[i], l) * lane(row(RESIDUAL)[i], l);
        this->write(l, corrected, lane(primal_error, l), converged, steps[l]);
    }

    // Takes out every lane that is done, or lets it wait for its duals to be lifted; how many others still run.
    INTERIOR_POINT_FUNCTION int judge() {
        const V scale = batch.tolerance * (absolute(objective) + OBJECTIVE_FLOOR);
        const V gap = maximum(this->gap(), residual_value), error = maximum(primal_error, dual_error);
        const V check = objective + dual_objective + complementarity + error;  // NaN or infinite: diverged
        int left = 0;
        lifted = V{};
        for (int l = 0; l < LANES; l++) {
            if (!running[l]) continue;
            const double sum = lane(check, l);
            const bool broken = !(sum - sum == 0.0);
            const bool converged = !broken && lane(gap, l) <= lane(scale, l) && lane(error, l) <= batch.tolerance;
            if (converged && lane(smallest, l) < UNSAFE) set_lane(lifted, l, 1.0);
            else if (converged || broken || steps[l] == last[l]) leave(l, converged);
            else left++;
        }
        return left;
    }

    // Iterates until at most `waiting` lanes still run.
    INTERIOR_POINT_FUNCTION void iterate(int waiting) {
        this->stay();
        for (;;) {
            this->advance();
            const int left = judge();
            bool lifts = false;
            for (int l = 0; l < LANES; l++) lifts |= lane(lifted, l) > 0.0;
            if (left <= waiting && !lifts) return;
            this->factorize(theta);
            if (lifts) {
                this->lift(lifted);
                for (int l = 0; l < LANES; l++)
                    if (lane(lifted, l) > 0.0) leave(l, true);
                if (left <= waiting) return;
            }
            this->predict();
            this->correct();
            for (int l = 0; l < LANES; l++) steps[l] += running[l];
        }
    }

public:
    using Base::Base;

    // Solves `count` <= LANES programs; `anew`: not from the batch's starting point.
    INTERIOR_POINT_STEP void run(const Index *programs, int count, bool anew = false) {
        this->choose(programs, count);
        this->read();
        if (batch.start && !anew) this->start_central();
        else this->start();
        for (int l = 0; l < LANES; l++) steps[l] = 0, last[l] = batch.max_iterations;
        this->forget(V{} + 1.0);
        iterate(0);
    }
};

}  // namespace loopwise
