// What the host hands to the interior point (interior_point.cuh): the same for every machine that runs it. No includes.

namespace loopwise {

using Index = long long;

// What all programs of one standard form share; rows in elimination order, bounded columns first.
struct Plan {
    int rows, columns, bounded, entries;
    const int *row_place, *column_place, *entry_place;  // where each stands in the caller's order
    const int *column_start, *column_row;               // W by column
    const double *value;
    int panels;                                         // of columns of L that share their rows
    const int *panel_start;                             // first column of each
    const Index *panel_entry;                           // its first entry: own rows, then those below, filled up to whole tiles
    const int *below_start, *below_row;                 // the rows below each
    const int *form_entry;                              // all entries of W diag(theta) W' in the place of L: sums of
    const Index *form_start;
    const int *form_column, *form_left, *form_right;    //   value[left] value[right] theta[column]
    const double *form_value;                           //   with the shared W
    const int *tape_panel, *tape_entry;                 // what is taken off entries of each panel: sums of L[left] L[right]
    const Index *tape_start;
    const int *tape_left, *tape_right;
    const Index *tile_start, *block_start;              // and off each tile of a panel: products of blocks of other panels,
    const int *block_width, *block_place;               //   `width` columns of the tile's rows and of its columns' rows
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
    double *primal;       // or null
    const double *start;  // duals and barrier parameter of a central point to start from, rows + 1 numbers; or null
};

}  // namespace loopwise
