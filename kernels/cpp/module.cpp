// loopwise.kernels._cpu: prepared plans, and batches solved by threads of vector lanes with the GIL released.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "certificate.hpp"
#include "variant.hpp"

namespace nb = nanobind;
using loopwise::Batch, loopwise::Closing, loopwise::Index, loopwise::Plan, loopwise::Variant;

namespace {

template <class T>
using Vector = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Input = nb::ndarray<const double, nb::c_contig, nb::device::cpu>;
template <class T>
using Output = nb::ndarray<T, nb::c_contig, nb::device::cpu>;

std::vector<const Variant *> variants() {
    std::vector<const Variant *> all;
#ifdef LOOPWISE_X86
    all = {&loopwise::avx512, &loopwise::avx2};
#endif
    all.push_back(&loopwise::baseline);
    all.erase(std::remove_if(all.begin(), all.end(), [](const Variant *v) { return !v->supported(); }), all.end());
    return all;
}

const Variant &variant(const std::string &instructions) {
    for (const Variant *v : variants())
        if (instructions == v->name) return *v;
    throw std::invalid_argument("unknown or unsupported instruction set");
}

std::vector<std::string> instruction_sets() {
    std::vector<std::string> names;
    for (const Variant *v : variants()) names.push_back(v->name);
    return names;
}

void expect(bool holds, const char *what) {
    if (!holds) throw std::invalid_argument(what);
}

// Runs work(0) .. work(workers - 1) at the same time.
template <class Work>
void together(Index workers, const Work &work) {
    std::vector<std::thread> others;
    try {
        for (Index number = 1; number < workers; number++) others.emplace_back(work, number);
    } catch (const std::system_error &) {  // no more threads to be had: those that are there do the work
    }
    work(0);
    for (std::thread &other : others) other.join();
}

// A standard form in elimination order; copies all it is given.
class Prepared {
    std::vector<int> row_place, column_place, entry_place, column_start, column_row, panel_start, below_start, below_row,
        form_entry, form_column, form_left, form_right, tape_panel, tape_entry, tape_left, tape_right, block_width, block_place;
    std::vector<double> value, form_value;
    std::vector<Index> panel_entry, form_start, tape_start, tile_start, block_start;
    std::vector<float> value_single, form_value_single;
    Plan plan{};

    template <class T>
    static std::vector<T> copy(const nb::dict &plan, const char *name) {
        auto values = nb::cast<Vector<T>>(plan[name]);
        return std::vector<T>(values.data(), values.data() + values.size());
    }

public:
    explicit Prepared(const nb::dict &d)
        : row_place(copy<int>(d, "row_place")), column_place(copy<int>(d, "column_place")),
          entry_place(copy<int>(d, "entry_place")), column_start(copy<int>(d, "column_start")),
          column_row(copy<int>(d, "column_row")), panel_start(copy<int>(d, "panel_start")),
          below_start(copy<int>(d, "below_start")), below_row(copy<int>(d, "below_row")),
          form_entry(copy<int>(d, "form_entry")), form_column(copy<int>(d, "form_column")),
          form_left(copy<int>(d, "form_left")), form_right(copy<int>(d, "form_right")),
          tape_panel(copy<int>(d, "tape_panel")), tape_entry(copy<int>(d, "tape_entry")),
          tape_left(copy<int>(d, "tape_left")), tape_right(copy<int>(d, "tape_right")),
          block_width(copy<int>(d, "block_width")), block_place(copy<int>(d, "block_place")), value(copy<double>(d, "value")),
          form_value(copy<double>(d, "form_value")), panel_entry(copy<Index>(d, "panel_entry")),
          form_start(copy<Index>(d, "form_start")), tape_start(copy<Index>(d, "tape_start")),
          tile_start(copy<Index>(d, "tile_start")), block_start(copy<Index>(d, "block_start")),
          value_single(value.begin(), value.end()), form_value_single(form_value.begin(), form_value.end()) {
        plan.rows = (int)row_place.size(), plan.columns = (int)column_place.size();
        plan.bounded = nb::cast<int>(d["bounded"]), plan.entries = (int)value.size();
        plan.row_place = row_place.data(), plan.column_place = column_place.data(), plan.entry_place = entry_place.data();
        plan.column_start = column_start.data(), plan.column_row = column_row.data(), plan.value = value.data();
        plan.panels = nb::cast<int>(d["panels"]), plan.panel_start = panel_start.data();
        plan.panel_entry = panel_entry.data(), plan.below_start = below_start.data(), plan.below_row = below_row.data();
        plan.form_entry = form_entry.data(), plan.form_start = form_start.data(), plan.form_column = form_column.data();
        plan.form_left = form_left.data(), plan.form_right = form_right.data(), plan.form_value = form_value.data();
        plan.tape_panel = tape_panel.data(), plan.tape_entry = tape_entry.data(), plan.tape_start = tape_start.data();
        plan.tape_left = tape_left.data(), plan.tape_right = tape_right.data();
        plan.tile_start = tile_start.data(), plan.block_start = block_start.data();
        plan.block_width = block_width.data(), plan.block_place = block_place.data();
        plan.value_single = value_single.data(), plan.form_value_single = form_value_single.data();
    }
    Prepared(const Prepared &) = delete;

    void solve(const std::string &instructions, int threads, Input h, Input q, Input upper, std::optional<Input> values,
               double tolerance, int max_iterations, Output<double> dual, Output<double> objective,
               Output<double> primal_residual, Output<bool> converged, Output<int> iterations,
               std::optional<Output<double>> primal) const {
        const size_t count = h.ndim() == 2 ? h.shape(0) : 0, m = plan.rows, n = plan.columns;
        auto fits = [&](const Input &a) { return a.size() == n || (a.ndim() == 2 && a.size() == n * count); };
        expect(h.size() == count * m && dual.size() == count * m, "h and dual must be (N, m)");
        expect(fits(q) && fits(upper), "q and upper must be (n,) or (N, n)");
        expect(!values || values->size() == count * value.size(), "values must be (N, nnz)");
        expect(!primal || primal->size() == count * n, "primal must be (N, n)");
        expect(objective.size() == count && primal_residual.size() == count && converged.size() == count &&
                   iterations.size() == count, "results must be (N,)");
        const Variant &chosen = variant(instructions);
        Batch batch{(Index)count, h.data(), q.data(), upper.data(), values ? values->data() : nullptr,
                    q.ndim() == 2 ? (Index)n : 0, upper.ndim() == 2 ? (Index)n : 0, tolerance, max_iterations,
                    dual.data(), objective.data(), primal_residual.data(), converged.data(), iterations.data(),
                    primal ? primal->data() : nullptr};
        nb::gil_scoped_release released;
        work(chosen, batch, threads);
    }

    // Moves those activities onto their rows that miss them by more than `allowed`; false in `closed` where it cannot.
    void close(const std::string &instructions, int threads, Input h, Input lower, Input upper, std::optional<Input> values,
               Input allowed, Output<double> primal, Output<bool> closed) const {
        const size_t count = closed.size(), m = plan.rows, n = plan.columns;
        expect(h.size() == count * m && primal.size() == count * n && allowed.size() == m && lower.size() == n,
               "h must be (N, m), primal (N, n), allowed (m,) and lower (n,)");
        expect(upper.size() == n || (upper.ndim() == 2 && upper.size() == n * count), "upper must be (n,) or (N, n)");
        expect(!values || values->size() == count * value.size(), "values must be (N, nnz)");
        const Variant &chosen = variant(instructions);
        Closing closing{0, nullptr, h.data(), lower.data(), upper.data(), values ? values->data() : nullptr,
                        upper.ndim() == 2 ? (Index)n : 0, allowed.data(), primal.data(), closed.data()};
        nb::gil_scoped_release released;
        Shared scenarios(PART);
        together(std::min<Index>(threads, (count + PART - 1) / PART), [&](Index) {
            std::vector<double> residual(m), terms(m);
            for (Index first; (first = scenarios.next()) < (Index)count;)
                for (Index k = first; k < std::min<Index>(first + PART, count); k++)
                    closing.closed[k] = is_closed(closing, k, residual.data(), terms.data());
        });
        std::vector<Index> open;
        for (size_t k = 0; k < count; k++)
            if (!closing.closed[k]) open.push_back(k);
        closing.chosen = open.data(), closing.count = (Index)open.size();
        in_blocks(closing.count, chosen.closing_lanes, chosen.closing_size(plan, values.has_value()), threads,
                  [&](loopwise::Blocks &blocks, double *memory) { chosen.close(plan, closing, blocks, memory); });
    }

private:
    static constexpr Index PART = 256;  // scenarios that a thread looks at before it fetches more

    // What all workers fetch from, `step` at a time.
    struct Shared final : loopwise::Blocks {
        std::atomic<Index> reached{0};
        const Index step;
        explicit Shared(Index step) : step(step) {}
        Index next() override { return reached.fetch_add(step); }
    };

    // Which worker does which programs does not matter to the result: every block of lanes is independent.
    template <class Work>
    void in_blocks(Index count, Index lanes, Index size, int threads, const Work &work) const {
        struct Free {
            void operator()(double *p) const { ::operator delete[](p, std::align_val_t(64)); }
        };
        if (count == 0) return;
        Shared blocks(lanes);
        const Index workers = std::max<Index>(1, std::min<Index>(threads, (count + lanes - 1) / lanes));
        const size_t own = (size + 7) / 8 * 8;
        std::unique_ptr<double[], Free> memory(
            static_cast<double *>(::operator new[](own * workers * sizeof(double), std::align_val_t(64))));
        together(workers, [&](Index number) { work(blocks, memory.get() + own * number); });
    }

    void work(const Variant &variant, const Batch &batch, int threads) const {
        in_blocks(batch.count, variant.lanes, variant.memory_size(plan, batch.values != nullptr), threads,
                  [&](loopwise::Blocks &blocks, double *memory) { variant.work(plan, batch, blocks, memory); });
    }

    // Whether no row is missed by more than it may be; what is no number stays as it is.
    bool is_closed(const Closing &closing, Index k, double *residual, double *terms) const {
        for (int i = 0; i < plan.rows; i++) {
            residual[i] = closing.h[k * plan.rows + plan.row_place[i]];
            terms[i] = std::abs(residual[i]);
        }
        for (int j = 0; j < plan.columns; j++) {
            const double y = closing.primal[k * plan.columns + plan.column_place[j]];
            for (int e = plan.column_start[j]; e < plan.column_start[j + 1]; e++) {
                const double own = closing.values ? closing.values[k * plan.entries + plan.entry_place[e]] : plan.value[e];
                residual[plan.column_row[e]] -= own * y;
                terms[plan.column_row[e]] += std::abs(own * y);
            }
        }
        for (int i = 0; i < plan.rows; i++)
            if (std::abs(residual[i]) > std::max(closing.allowed[plan.row_place[i]], Closing::ROUNDING * terms[i])) return false;
        return true;
    }
};

void certify(int threads, Vector<int> column_start, Vector<int> column_row, Vector<double> value, Vector<double> lower,
             Input h, Input q, Input upper, std::optional<Input> values, Input dual, Output<double> reduced_cost,
             Output<double> lower_bound, Output<bool> spoiled) {
    const size_t n = lower.size(), count = h.shape(0), m = h.shape(1);
    auto fits = [&](const Input &a) { return a.size() == n || (a.ndim() == 2 && a.size() == n * count); };
    expect(column_start.size() == n + 1 && column_row.size() == value.size(), "W must be in CSC form");
    expect(dual.size() == count * m && fits(q) && fits(upper), "dual must be (N, m), q and upper (n,) or (N, n)");
    expect(!values || values->size() == count * value.size(), "values must be (N, nnz)");
    expect(reduced_cost.size() == count * n && lower_bound.size() == count && spoiled.size() == count,
           "results must be (N, n), (N,) and (N,)");
    const loopwise::UserForm form{(int)m, (int)n, (int)value.size(), column_start.data(), column_row.data(),
                                  value.data(), lower.data(), h.data(), q.data(), upper.data(),
                                  values ? values->data() : nullptr, q.ndim() == 2 ? (Index)n : 0,
                                  upper.ndim() == 2 ? (Index)n : 0};
    nb::gil_scoped_release released;
    constexpr Index PART = 1024;  // scenarios a thread takes at a time
    std::atomic<Index> next{0};
    together(std::min<Index>(threads, (count + PART - 1) / PART), [&](Index) {
        for (Index first; (first = next.fetch_add(PART)) < (Index)count;)
            for (Index k = first; k < std::min<Index>(first + PART, count); k++)
                loopwise::certify(form, k, dual.data() + k * m, reduced_cost.data() + k * n, lower_bound.data()[k],
                                  spoiled.data()[k]);
    });
}

}  // namespace

NB_MODULE(_cpu, module) {
    module.doc() = "Batched interior point on vector lanes.";
    module.def("instruction_sets", &instruction_sets, "Those that this machine can run, fastest first.");
    module.def("certify", &certify, "Reduced costs and lower bounds of row duals.", nb::arg("threads"),
               nb::arg("column_start"), nb::arg("column_row"), nb::arg("value"), nb::arg("lower"), nb::arg("h"), nb::arg("q"),
               nb::arg("upper"), nb::arg("values").none(), nb::arg("dual"), nb::arg("reduced_cost"), nb::arg("lower_bound"),
               nb::arg("spoiled"));
    nb::class_<Prepared>(module, "Prepared", "A standard form, prepared by loopwise.kernels.symbolic.")
        .def(nb::init<const nb::dict &>())
        .def("solve", &Prepared::solve, nb::arg("instructions"), nb::arg("threads"), nb::arg("h"), nb::arg("q"),
             nb::arg("upper"), nb::arg("values").none(), nb::arg("tolerance"), nb::arg("max_iterations"), nb::arg("dual"),
             nb::arg("objective"), nb::arg("primal_residual"), nb::arg("converged"), nb::arg("iterations"),
             nb::arg("primal").none())
        .def("close", &Prepared::close, nb::arg("instructions"), nb::arg("threads"), nb::arg("h"), nb::arg("lower"),
             nb::arg("upper"), nb::arg("values").none(), nb::arg("allowed"), nb::arg("primal"), nb::arg("closed"));
}
