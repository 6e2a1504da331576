// The normal equations W diag(theta) W' of one block of lanes: products with W, Cholesky factorization, solution.
// Included by block.cuh.

#include "cholesky.cuh"

namespace loopwise {

template <class V, class Memory, bool OWN_VALUES, class Real>
class NormalEquations : public Cholesky<V, Memory, Real> {
protected:
    using Base = Cholesky<V, Memory, Real>;
    using Base::plan, Base::SINGLE;

    Memory value_memory;

    // Lanes of V that `memory` must have.
    static INTERIOR_POINT_FUNCTION Index memory_size(const Plan &plan) {
        return Base::factor_size(plan) + (OWN_VALUES ? plan.entries : 0);
    }

    INTERIOR_POINT_FUNCTION NormalEquations(const Plan &plan, Memory memory)
        : Base(plan, memory), value_memory(memory + Base::factor_size(plan)) {}

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

    // L L' = W diag(theta) W'
    INTERIOR_POINT_STEP void factorize(Memory theta) const {
        // entries with equally many terms stand in a row, lest branches be mispredicted; also the zeros behind L are written
        for (Index e = 0; e < Base::factor_size(plan); e++) {
            V even = V{}, odd = V{};  // two sums, for half the latency
            Index f = plan.form_start[e];
            const Index last = plan.form_start[e + 1];
            for (; f + 1 < last; f += 2) even += product(f, theta), odd += product(f + 1, theta);
            if (f < last) even += product(f, theta);
            this->factor[plan.form_entry[e]] = even + odd;
        }
        this->factorize_matrix();
    }

private:
    // value[left] value[right] theta[column] of term f of the sums that form the matrix
    INTERIOR_POINT_FUNCTION V product(Index f, Memory theta) const {
        if constexpr (OWN_VALUES) return value(plan.form_left[f]) * value(plan.form_right[f]) * theta[plan.form_column[f]];
        else if constexpr (SINGLE) return plan.form_value_single[f] * theta[plan.form_column[f]];
        else return plan.form_value[f] * theta[plan.form_column[f]];
    }
};

}  // namespace loopwise
