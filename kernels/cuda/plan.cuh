// What the host hands to the interior point (interior_point.cuh): the same for every machine that runs it. No includes.

namespace loopwise {

using Index = long long;

// What all programs of one standard form share; rows in elimination order, bounded columns first.
struct Plan {
    int rows, columns, bounded, entries;
    const int *row_place, *column_place, *entry_place;  // where each stands in the caller's order
    const int *column_start, *column_row;               // W by column
    const double *value;
    const int *factor_start, *factor_row;               // L by column, its diagonal first
    const Index *form_start;                            // entries of W diag(theta) W': sums of
    const int *form_column, *form_left, *form_right;    //   value[left] value[right] theta[column]
    const double *form_value;                           //   with the shared W
    const Index *tape_start;                            // what is taken off each entry of L: sums of L[left] L[right]
    const int *tape_left, *tape_right;
    const float *value_single, *form_value_single;      // the same in single precision; null where that is not used
};

// Programs and results in the caller's order and units, one row per program; strides are 0 where one row serves all.
struct Batch {
    Index count;
    const double *h, *q, *upper, *values;  // values: null where all have the plan's
    Index q_stride, upper_stride;
    double tolerance;
    int max_iterations;
    double *dual, *objective, *primal_residual;
    bool *converged;
    int *iterations;
    double *primal;  // or null
};

}  // namespace loopwise
