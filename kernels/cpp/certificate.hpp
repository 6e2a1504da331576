// What row duals prove, one scenario at a time: kernels/certificates.py says what it means.
#pragma once

#include <cmath>

#include "variant.hpp"

namespace loopwise {

// min q'y, W y = h, lower <= y <= upper in the user's form; rows of q, upper and values as in `Batch`.
struct UserForm {
    int rows, columns, entries;
    const int *column_start, *column_row;
    const double *value, *lower;
    const double *h, *q, *upper, *values;  // values: null where all scenarios have `value`
    Index q_stride, upper_stride;
};

// Reduced costs and lower bound of scenario k. Those that point to an infinite bound are left out of the bound and make it
// `spoiled`.
inline void certify(const UserForm &form, Index k, const double *dual, double *reduced_cost, double &bound, bool &spoiled) {
    const double *q = form.q + k * form.q_stride, *upper = form.upper + k * form.upper_stride;
    const double *value = form.values ? form.values + k * form.entries : form.value, *h = form.h + k * form.rows;
    double sum = 0.0;
    bool wrong = false;
    for (int i = 0; i < form.rows; i++) sum += dual[i] * h[i];
    for (int j = 0; j < form.columns; j++) {
        double r = q[j];
        for (int e = form.column_start[j]; e < form.column_start[j + 1]; e++) r -= value[e] * dual[form.column_row[e]];
        reduced_cost[j] = r;
        if (r == 0.0) continue;
        const double at = r < 0.0 ? upper[j] : form.lower[j];
        if (std::isinf(at)) wrong = true;
        else sum += r * at;
    }
    bound = sum, spoiled = wrong;
}

}  // namespace loopwise
