// Cholesky factorization of the normal equations W diag(theta) W' of one block of lanes, and solution with it.
//
// Columns of L stand in panels of 1 to 4 columns that share their rows (kernels/panels.py): each row of a panel is stored
// side by side. Products of whole panels are summed 4 rows x 4 columns at a time in registers, so that each number that is
// loaded serves 4 products; single products are listed one by one (the tape).
// Included by normal_equations.cuh.

namespace loopwise {

template <class V, class Memory, class Real>
class Cholesky {
protected:
    static constexpr bool SINGLE = sizeof(Real) < sizeof(double);
    static constexpr Real DEPENDENT = SINGLE ? 3e-7 : 1e-14;  // share of a diagonal entry below which a pivot is noise
    static constexpr int TILE = 4;                            // rows of a tile; also the most columns of a panel

    const Plan &plan;
    Memory factor;

    // Lanes of V that `memory` must have: the entries of L, and TILE zeros for rows that a panel does not have.
    static INTERIOR_POINT_FUNCTION Index factor_size(const Plan &plan) { return plan.panel_entry[plan.panels] + TILE; }

    INTERIOR_POINT_FUNCTION Cholesky(const Plan &plan, Memory memory) : plan(plan), factor(memory) {}

    // L L' = M, left-looking, for M in the place of L. The diagonal then holds reciprocals; a dependent row gets a zero
    // column, which leaves its dual where it is.
    INTERIOR_POINT_FUNCTION void factorize_matrix() const {
        for (int p = 0; p < plan.panels; p++) {
            switch (plan.panel_start[p + 1] - plan.panel_start[p]) {
                case 1: factorize_panel<1>(p); break;
                case 2: factorize_panel<2>(p); break;
                case 3: factorize_panel<3>(p); break;
                default: factorize_panel<4>(p);
            }
        }
    }

    // x := (L L')^-1 x
    INTERIOR_POINT_STEP void solve(Memory x) const {
        for (int p = 0; p < plan.panels; p++) {
            switch (plan.panel_start[p + 1] - plan.panel_start[p]) {
                case 1: forward<1>(p, x); break;
                case 2: forward<2>(p, x); break;
                case 3: forward<3>(p, x); break;
                default: forward<4>(p, x);
            }
        }
        for (int p = plan.panels - 1; p >= 0; p--) {
            switch (plan.panel_start[p + 1] - plan.panel_start[p]) {
                case 1: backward<1>(p, x); break;
                case 2: backward<2>(p, x); break;
                case 3: backward<3>(p, x); break;
                default: backward<4>(p, x);
            }
        }
    }

private:
    // Takes off the entries of panel p what the tape holds for them. Entries with equally many products stand in a row,
    // lest branches be mispredicted.
    INTERIOR_POINT_FUNCTION void take_tape(int p) const {
        for (int e = plan.tape_panel[p]; e < plan.tape_panel[p + 1]; e++) {
            Index t = plan.tape_start[e];
            const Index last = plan.tape_start[e + 1];
            V even = factor[plan.tape_entry[e]], odd = V{};  // two sums, for half the latency
            for (; t + 1 < last; t += 2) {
                even -= factor[plan.tape_left[t]] * factor[plan.tape_right[t]];
                odd -= factor[plan.tape_left[t + 1]] * factor[plan.tape_right[t + 1]];
            }
            if (t < last) even -= factor[plan.tape_left[t]] * factor[plan.tape_right[t]];
            factor[plan.tape_entry[e]] = even + odd;
        }
    }

    // Reciprocal of the root of a pivot, 0 where nothing is left of the diagonal entry that was `formed`.
    static INTERIOR_POINT_FUNCTION V reciprocal_root(V pivot, V formed) {
        const auto independent = pivot > DEPENDENT * formed;
        return select(independent, (Real)1.0 / square_root(select(independent, pivot, V{} + (Real)1.0)), V{});
    }

    // The products of tile `tile` with all panels before, taken off `sums`.
    template <int ROWS, int WIDTH>
    INTERIOR_POINT_FUNCTION void take_blocks(Index tile, V (&sums)[ROWS][WIDTH]) const {
        for (Index b = plan.block_start[tile]; b < plan.block_start[tile + 1]; b++) {
            const int *const place = plan.block_place + 2 * TILE * b;
            for (int k = 0; k < plan.block_width[b]; k++) {
                V right[WIDTH];
                for (int c = 0; c < WIDTH; c++) right[c] = factor[place[TILE + c] + k];
                for (int r = 0; r < ROWS; r++) {
                    const V left = factor[place[r] + k];
                    for (int c = 0; c < WIDTH; c++) sums[r][c] -= left * right[c];
                }
            }
        }
    }

    template <int WIDTH>
    INTERIOR_POINT_FUNCTION void factorize_panel(int p) const {
        const Index own = plan.panel_entry[p], below = own + WIDTH * WIDTH, end = plan.panel_entry[p + 1];
        V diagonal[WIDTH], triangle[WIDTH][WIDTH];
        for (int c = 0; c < WIDTH; c++) diagonal[c] = factor[own + c * WIDTH + c];
        take_tape(p);
        for (int r = 0; r < WIDTH; r++)
            for (int c = 0; c < WIDTH; c++) triangle[r][c] = factor[own + r * WIDTH + c];
        Index tile = plan.tile_start[p];
        if constexpr (WIDTH > 1) take_blocks<WIDTH, WIDTH>(tile++, triangle);
        for (int c = 0; c < WIDTH; c++) {
            for (int k = 0; k < c; k++) triangle[c][c] -= triangle[c][k] * triangle[c][k];
            triangle[c][c] = reciprocal_root(triangle[c][c], diagonal[c]);
            for (int r = c + 1; r < WIDTH; r++) {
                for (int k = 0; k < c; k++) triangle[r][c] -= triangle[r][k] * triangle[c][k];
                triangle[r][c] *= triangle[c][c];
            }
        }
        for (int r = 0; r < WIDTH; r++)
            for (int c = 0; c <= r; c++) factor[own + r * WIDTH + c] = triangle[r][c];
        if constexpr (WIDTH == 1) {
            for (Index k = below; k < end; k++) factor[k] *= triangle[0][0];
            return;
        }
        for (Index first = below; first < end; first += TILE * WIDTH) {
            V rows[TILE][WIDTH];
            for (int r = 0; r < TILE; r++)
                for (int c = 0; c < WIDTH; c++) rows[r][c] = factor[first + r * WIDTH + c];
            take_blocks<TILE, WIDTH>(tile++, rows);
            for (int c = 0; c < WIDTH; c++)
                for (int r = 0; r < TILE; r++) {
                    for (int k = 0; k < c; k++) rows[r][c] -= rows[r][k] * factor[own + c * WIDTH + k];
                    rows[r][c] *= factor[own + c * WIDTH + c];
                    factor[first + r * WIDTH + c] = rows[r][c];
                }
        }
    }

    template <int WIDTH>
    INTERIOR_POINT_FUNCTION void forward(int p, Memory x) const {
        const int column = plan.panel_start[p];
        Index k = plan.panel_entry[p];
        V t[WIDTH];
        for (int r = 0; r < WIDTH; r++, k += WIDTH) {
            t[r] = x[column + r];
            for (int c = 0; c < r; c++) t[r] -= factor[k + c] * t[c];
            t[r] *= factor[k + r];
            x[column + r] = t[r];
        }
        for (int b = plan.below_start[p]; b < plan.below_start[p + 1]; b++, k += WIDTH) {
            V sum = x[plan.below_row[b]];
            for (int c = 0; c < WIDTH; c++) sum -= factor[k + c] * t[c];
            x[plan.below_row[b]] = sum;
        }
    }

    template <int WIDTH>
    INTERIOR_POINT_FUNCTION void backward(int p, Memory x) const {
        const int column = plan.panel_start[p];
        const Index own = plan.panel_entry[p];
        Index k = own + WIDTH * WIDTH;
        V even[WIDTH], odd[WIDTH];
        for (int c = 0; c < WIDTH; c++) even[c] = x[column + c], odd[c] = V{};
        int b = plan.below_start[p];
        const int last = plan.below_start[p + 1];
        for (; b + 1 < last; b += 2, k += 2 * WIDTH) {
            const V first = x[plan.below_row[b]], second = x[plan.below_row[b + 1]];
            for (int c = 0; c < WIDTH; c++) even[c] -= factor[k + c] * first, odd[c] -= factor[k + WIDTH + c] * second;
        }
        if (b < last) {
            const V first = x[plan.below_row[b]];
            for (int c = 0; c < WIDTH; c++) even[c] -= factor[k + c] * first;
        }
        for (int c = WIDTH - 1; c >= 0; c--) {
            V sum = even[c] + odd[c];
            for (int r = c + 1; r < WIDTH; r++) sum -= factor[own + r * WIDTH + c] * even[r];
            even[c] = sum * factor[own + c * WIDTH + c];
            x[column + c] = even[c];
        }
    }
};

}  // namespace loopwise
