#include "CFaiss.h"
#include "guard.h"

#include <CKernels.h>
#include <cblas.h>
#include <faiss/Clustering.h>
#include <faiss/Index.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

extern "C" void omp_set_num_threads(int);

namespace mvf {

void use_one_thread() {
    static std::once_flag blas;
    std::call_once(blas, [] { openblas_set_num_threads(1); });
    omp_set_num_threads(1);
}

}  // namespace mvf

namespace {

using mvf::guarded;

/// Runs body(i) for i in 0 ..< count on some threads. The first exception is thrown again when all have ended.
void on_threads(int threads, size_t count, const std::function<void(size_t)> &body) {
    std::mutex lock;
    std::exception_ptr failure;
    size_t next = 0;
    auto work = [&] {
        mvf::use_one_thread();
        while (true) {
            size_t i;
            {
                std::lock_guard<std::mutex> held(lock);
                if (failure || next == count) return;
                i = next++;
            }
            try {
                body(i);
            } catch (...) {
                std::lock_guard<std::mutex> held(lock);
                if (!failure) failure = std::current_exception();
            }
        }
    };
    std::vector<std::thread> others;
    for (int t = 1; t < threads && (size_t)t < count; t++) {
        try {
            others.emplace_back(work);
        } catch (...) {
            break;  // the system gives no more threads: those that are there do all
        }
    }
    work();
    for (auto &other : others) other.join();
    if (failure) std::rethrow_exception(failure);
}

struct Centroids {
    uint32_t width, count;
    const float *values, *squares;
};

/// The nearest centroid of each vector, and its |c|^2 - 2 x.c.
void find_nearest(const Centroids &centroids, size_t count, const float *vectors, int threads, uint32_t *lists,
                  float *least) {
    // One product of a piece of rows with a piece of centroids stays in the L2 cache: 256 x 768 floats.
    const size_t rows_at_once = 256, centroids_at_once = 768;
    on_threads(threads, (count + rows_at_once - 1) / rows_at_once, [&](size_t piece) {
        size_t first = piece * rows_at_once, n = std::min(rows_at_once, count - first);
        thread_local std::vector<float> products;
        products.resize(rows_at_once * centroids_at_once);
        std::fill(least + first, least + first + n, INFINITY);
        std::fill(lists + first, lists + first + n, 0u);
        for (size_t c = 0; c < centroids.count; c += centroids_at_once) {
            size_t m = std::min(centroids_at_once, centroids.count - c);
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)m, (int)centroids.width, 1,
                        vectors + first * centroids.width, (int)centroids.width, centroids.values + c * centroids.width,
                        (int)centroids.width, 0, products.data(), (int)m);
            mv_ivf_take_nearest(products.data(), centroids.squares, n, (uint32_t)c, (uint32_t)m, least + first,
                                lists + first);
        }
    });
}

/// Counts the steps of a training and asks the caller whether to go on.
struct Progress {
    const mvf_training &how;
    double total;
    std::mutex lock;
    double done = 0;

    void step(double size) {
        std::lock_guard<std::mutex> held(lock);
        done += size;
        if (how.progress && how.progress(how.context, std::min(done / total, 1.0)) != 0) throw mvf::Cancelled();
    }
};

/// What FAISS's k-means asks for the nearest centroid. It holds the centroids of the round.
struct Assigner : faiss::Index {
    explicit Assigner(size_t d) : Index((idx_t)d, faiss::METRIC_L2) {}
    std::vector<float> centroids;

    void add(idx_t n, const float *x) override {
        centroids.assign(x, x + (size_t)n * d);
        ntotal = n;
    }
    void reset() override {
        centroids.clear();
        ntotal = 0;
    }
};

/// Nearest of many centroids of many dimensions: by BLAS, on all threads.
struct CoarseAssigner : Assigner {
    CoarseAssigner(size_t d, Progress &progress, double step) : Assigner(d), progress(progress), size(step) {}
    Progress &progress;
    double size;

    void search(idx_t n, const float *x, idx_t, float *distances, idx_t *labels,
                const faiss::SearchParameters *) const override {
        std::vector<float> squares((size_t)ntotal);
        for (size_t c = 0; c < squares.size(); c++) {
            squares[c] = mv_dot(centroids.data() + c * d, centroids.data() + c * d, (size_t)d);
        }
        std::vector<uint32_t> lists((size_t)n);
        find_nearest({(uint32_t)d, (uint32_t)ntotal, centroids.data(), squares.data()}, (size_t)n, x,
                     progress.how.threads, lists.data(), distances);
        for (size_t i = 0; i < (size_t)n; i++) {
            labels[i] = lists[i];
            distances[i] += mv_dot(x + i * d, x + i * d, (size_t)d);
        }
        progress.step(size);
    }
};

/// Nearest of 256 codewords of few dimensions.
struct CodewordAssigner : Assigner {
    CodewordAssigner(size_t d, Progress &progress, double step) : Assigner(d), progress(progress), size(step) {}
    Progress &progress;
    double size;

    void search(idx_t n, const float *x, idx_t, float *distances, idx_t *labels,
                const faiss::SearchParameters *) const override {
        std::vector<float> book((size_t)d * MV_CODEWORDS), squares(MV_CODEWORDS);
        for (size_t word = 0; word < MV_CODEWORDS; word++) {
            const float *values = centroids.data() + word * d;
            for (size_t s = 0; s < (size_t)d; s++) book[s * MV_CODEWORDS + word] = values[s];
            squares[word] = mv_dot(values, values, (size_t)d);
        }
        auto nearest = mv_code_best()->nearest;
        for (size_t i = 0; i < (size_t)n; i++) {
            labels[i] = nearest(x + i * d, book.data(), squares.data(), (uint32_t)d);
            distances[i] = mv_l2sq(x + i * d, centroids.data() + (size_t)labels[i] * d, (size_t)d);
        }
        progress.step(size);
    }
};

faiss::ClusteringParameters parameters(int rounds, int seed) {
    faiss::ClusteringParameters parameters;
    parameters.niter = rounds;
    parameters.seed = seed;
    parameters.min_points_per_centroid = 1;  // fewer than 39 make FAISS write to stderr
    return parameters;
}

/// Up to 256 residuals a codeword.
std::vector<float> residual_sample(mvf_shape shape, size_t count, const float *vectors, const float *centroids,
                                   int threads) {
    size_t n = std::min<size_t>(count, 256 * MV_CODEWORDS), width = shape.width;
    std::vector<float> sample(n * width), squares(shape.nlist), least(n);
    std::vector<uint32_t> lists(n);
    for (size_t i = 0; i < n; i++) {
        const float *from = vectors + (size_t)((double)i * (double)count / (double)n) * width;
        std::copy(from, from + width, sample.data() + i * width);
    }
    for (size_t c = 0; c < shape.nlist; c++) squares[c] = mv_dot(centroids + c * width, centroids + c * width, width);
    find_nearest({shape.width, shape.nlist, centroids, squares.data()}, n, sample.data(), threads, lists.data(),
                 least.data());
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < width; j++) sample[i * width + j] -= centroids[lists[i] * width + j];
    }
    return sample;
}

void train_codebooks(mvf_shape shape, const std::vector<float> &residuals, const mvf_training &how, Progress &progress,
                     double step, float *codebooks) {
    size_t width = shape.width, n = residuals.size() / width, dsub = width / shape.m;
    on_threads(how.threads, shape.m, [&](size_t m) {
        std::vector<float> part(n * dsub);
        for (size_t i = 0; i < n; i++) {
            const float *from = residuals.data() + i * width + m * dsub;
            std::copy(from, from + dsub, part.data() + i * dsub);
        }
        faiss::Clustering clustering((int)dsub, MV_CODEWORDS, parameters(how.codebook_rounds, how.seed));
        CodewordAssigner assigner(dsub, progress, step);
        clustering.train((faiss::Index::idx_t)n, part.data(), assigner);
        std::copy(clustering.centroids.begin(), clustering.centroids.end(), codebooks + m * MV_CODEWORDS * dsub);
    });
}

}  // namespace

extern "C" {

int mvf_train(mvf_shape shape, size_t count, const float *vectors, mvf_training how, float *centroids, float *codebooks,
              mvf_error *error) {
    return guarded(error, [&] {
        mvf::use_one_thread();
        // In multiplications: what a round of each kind takes.
        double coarse = (double)count * shape.nlist * shape.width;
        double sample = std::min<double>((double)count, 256.0 * MV_CODEWORDS);
        double codebook = sample * MV_CODEWORDS * (shape.width / shape.m + 2);
        Progress progress{how, how.coarse_rounds * coarse + (double)shape.m * how.codebook_rounds * codebook, {}, 0};
        faiss::Clustering clustering((int)shape.width, (int)shape.nlist, parameters(how.coarse_rounds, how.seed));
        CoarseAssigner assigner(shape.width, progress, coarse);
        clustering.train((faiss::Index::idx_t)count, vectors, assigner);
        std::copy(clustering.centroids.begin(), clustering.centroids.end(), centroids);
        auto residuals = residual_sample(shape, count, vectors, centroids, how.threads);
        train_codebooks(shape, residuals, how, progress, codebook, codebooks);
    });
}

int mvf_assign(size_t count, const float *vectors, uint32_t width, uint32_t nlist, const float *centroids,
               const float *squares, int threads, uint32_t *lists, mvf_error *error) {
    return guarded(error, [&] {
        mvf::use_one_thread();
        std::vector<float> least(count);
        find_nearest({width, nlist, centroids, squares}, count, vectors, threads, lists, least.data());
    });
}
}
