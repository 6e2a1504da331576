// The normal equations W diag(theta) W' of one block of lanes: products with W, Cholesky factorization, solution.
// Included by interior_point.cuh.

namespace loopwise {

template <class V, class Memory, bool OWN_VALUES, class Real>
class NormalEquations {
protected:
    static constexpr bool SINGLE = sizeof(Real) < sizeof(double);
    static constexpr Real DEPENDENT = SINGLE ? 3e-7 : 1e-14;  // share of a diagonal entry below which a pivot is noise

    const Plan &plan;
    Memory factor_memory, value_memory;

    // Lanes of V that `memory` must have.
    static INTERIOR_POINT_FUNCTION Index memory_size(const Plan &plan) {
        return (Index)plan.factor_start[plan.rows] + (OWN_VALUES ? plan.entries : 0);
    }

    INTERIOR_POINT_FUNCTION NormalEquations(const Plan &plan, Memory memory)
        : plan(plan), factor_memory(memory), value_memory(memory + (Index)plan.factor_start[plan.rows]) {}

    // Entry k of W: of each lane, or the number that all lanes share.
    INTERIOR_POINT_FUNCTION auto value(int k) const {
        if constexpr (OWN_VALUES) return V(value_memory[k]);
        else if constexpr (SINGLE) return plan.value_single[k];
        else return plan.value[k];
    }

    // Entry j of W'd.
    INTERIOR_POINT_FUNCTION V transposed(int j, Memory d) const {
        V sum = V{};
        for (int k = plan.column_start[j]; k < plan.column_start[j + 1]; k++) sum += value(k) * d[plan.column_row[k]];
        return sum;
    }

    // target += W_j amount
    INTERIOR_POINT_FUNCTION void add_column(int j, V amount, Memory sum) const {
        for (int k = plan.column_start[j]; k < plan.column_start[j + 1]; k++) sum[plan.column_row[k]] += value(k) * amount;
    }

    INTERIOR_POINT_FUNCTION void clear(Memory values, int count) const {
        for (int i = 0; i < count; i++) values[i] = V{};
    }

    // L L' = W diag(theta) W', left-looking: every entry is summed in a register and stored once. The diagonal holds
    // reciprocals; a dependent row gets a zero column, which leaves its dual where it is.
    INTERIOR_POINT_FUNCTION void factorize(Memory theta) const {
        Memory factor = factor_memory;
        for (int c = 0; c < plan.rows; c++) {
            const int diagonal = plan.factor_start[c];
            V inverse = V{};
            for (int k = diagonal; k < plan.factor_start[c + 1]; k++) {
                V entry = V{};
                for (Index f = plan.form_start[k]; f < plan.form_start[k + 1]; f++) {
                    if constexpr (OWN_VALUES)
                        entry += value(plan.form_left[f]) * value(plan.form_right[f]) * theta[plan.form_column[f]];
                    else if constexpr (SINGLE) entry += plan.form_value_single[f] * theta[plan.form_column[f]];
                    else entry += plan.form_value[f] * theta[plan.form_column[f]];
                }
                V even = entry, odd = V{};  // two sums, for half the latency
                Index t = plan.tape_start[k];
                const Index last = plan.tape_start[k + 1];
                for (; t + 1 < last; t += 2) {
                    even -= factor[plan.tape_left[t]] * factor[plan.tape_right[t]];
                    odd -= factor[plan.tape_left[t + 1]] * factor[plan.tape_right[t + 1]];
                }
                if (t < last) even -= factor[plan.tape_left[t]] * factor[plan.tape_right[t]];
                even += odd;
                if (k == diagonal) {
                    auto independent = even > DEPENDENT * entry;
                    V pivot = select(independent, even, V{} + (Real)1.0);
                    inverse = select(independent, (Real)1.0 / square_root(pivot), V{});
                    factor[k] = inverse;
                } else {
                    factor[k] = even * inverse;
                }
            }
        }
    }

    // x := (L L')^-1 x
    INTERIOR_POINT_FUNCTION void solve(Memory x) const {
        Memory factor = factor_memory;
        for (int c = 0; c < plan.rows; c++) {
            const int first = plan.factor_start[c], last = plan.factor_start[c + 1];
            const V t = x[c] * factor[first];
            x[c] = t;
            for (int k = first + 1; k < last; k++) x[plan.factor_row[k]] -= factor[k] * t;
        }
        for (int c = plan.rows - 1; c >= 0; c--) {
            const int first = plan.factor_start[c], last = plan.factor_start[c + 1];
            V even = x[c], odd = V{};
            int k = first + 1;
            for (; k + 1 < last; k += 2) {
                even -= factor[k] * x[plan.factor_row[k]];
                odd -= factor[k + 1] * x[plan.factor_row[k + 1]];
            }
            if (k < last) even -= factor[k] * x[plan.factor_row[k]];
            x[c] = (even + odd) * factor[first];
        }
    }
};

}  // namespace loopwise
