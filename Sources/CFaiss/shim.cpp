#include "CFaiss.h"

#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFPQ.h>
#include <faiss/IndexPreTransform.h>
#include <faiss/VectorTransform.h>
#include <faiss/index_io.h>
#include <faiss/invlists/InvertedLists.h>

#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <stdexcept>
#include <vector>

extern "C" void omp_set_num_threads(int);
extern "C" void openblas_set_num_threads(int);

struct mvf_index {
    std::unique_ptr<faiss::Index> whole;  // what a file holds
    faiss::IndexIVFPQ *ivf = nullptr;     // inside `whole`
    uint32_t d = 0;
};

namespace {

template <class F>
int guarded(mvf_error *error, F &&body) noexcept {
    const char *text = "unknown error";
    try {
        body();
        return 0;
    } catch (const std::exception &e) {
        text = e.what();
        std::snprintf(error->text, sizeof error->text, "%s", text);
    } catch (...) {
        std::snprintf(error->text, sizeof error->text, "%s", text);
    }
    return -1;
}

// FAISS's OpenMP and OpenBLAS's own threads would fight over the cores. The OpenMP setting is the calling thread's.
void set_threads(int threads) {
    omp_set_num_threads(threads);
    openblas_set_num_threads(1);
}

// The IndexIVFPQ of a file that we could have written, or an exception.
std::unique_ptr<mvf_index> adopt(std::unique_ptr<faiss::Index> whole) {
    auto out = std::make_unique<mvf_index>();
    faiss::Index *inner = whole.get();
    if (auto *chain = dynamic_cast<faiss::IndexPreTransform *>(inner)) {
        if (chain->chain.size() != 1 || !dynamic_cast<faiss::RemapDimensionsTransform *>(chain->chain[0]))
            throw std::runtime_error("an IndexPreTransform that is not a padding of dimensions");
        inner = chain->index;
    }
    out->ivf = dynamic_cast<faiss::IndexIVFPQ *>(inner);
    if (!out->ivf) throw std::runtime_error("not an IndexIVFPQ");
    const auto &pq = out->ivf->pq;
    if (pq.nbits != 8 || pq.M == 0 || out->ivf->d % pq.M || out->ivf->metric_type != faiss::METRIC_L2 ||
        !out->ivf->by_residual || out->ivf->nlist == 0 || out->ivf->code_size != pq.M || !out->ivf->invlists ||
        out->ivf->invlists->nlist != out->ivf->nlist || out->ivf->invlists->code_size != pq.M ||
        pq.centroids.size() != 256u * out->ivf->d || pq.d != (size_t)out->ivf->d)
        throw std::runtime_error("an IndexIVFPQ of another shape");
    auto *flat = dynamic_cast<faiss::IndexFlat *>(out->ivf->quantizer);
    if (!flat || (size_t)flat->ntotal != out->ivf->nlist || flat->d != out->ivf->d)
        throw std::runtime_error("a coarse quantizer that is not flat");
    out->d = whole->d;
    out->whole = std::move(whole);
    return out;
}

}  // namespace

extern "C" {

int mvf_create(uint32_t d, uint32_t nlist, uint32_t m, mvf_index **out, mvf_error *error) {
    return guarded(error, [&] {
        uint32_t inner = (d + 7) / 8 * 8;
        if (m == 0 || inner % m) throw std::runtime_error("PQ bytes do not divide the padded dimension");
        auto quantizer = std::make_unique<faiss::IndexFlatL2>(inner);
        auto ivf = std::make_unique<faiss::IndexIVFPQ>(quantizer.get(), inner, nlist, m, 8);
        quantizer.release();
        ivf->own_fields = true;
        ivf->do_polysemous_training = false;
        ivf->use_precomputed_table = -1;
        auto made = std::make_unique<mvf_index>();
        made->ivf = ivf.get();
        made->d = d;
        if (inner == d) {
            made->whole = std::move(ivf);
        } else {
            auto chain = std::make_unique<faiss::IndexPreTransform>(
                new faiss::RemapDimensionsTransform((int)d, (int)inner, false), ivf.get());
            ivf.release();
            chain->own_fields = true;
            made->whole = std::move(chain);
        }
        *out = made.release();
    });
}

void mvf_destroy(mvf_index *index) { delete index; }

mvf_shape mvf_shape_of(const mvf_index *index) {
    return {index->d, (uint32_t)index->ivf->d, (uint32_t)index->ivf->nlist, (uint32_t)index->ivf->pq.M,
            (uint64_t)index->ivf->ntotal};
}

int mvf_train(mvf_index *index, size_t count, const float *vectors, mvf_training how, mvf_error *error) {
    return guarded(error, [&] {
        set_threads(how.threads);
        auto &ivf = *index->ivf;
        ivf.cp.niter = how.coarse_rounds;
        ivf.cp.seed = (int)how.seed;
        ivf.cp.min_points_per_centroid = 1;
        ivf.pq.cp.niter = how.pq_rounds;
        ivf.pq.cp.seed = (int)how.seed;
        ivf.pq.cp.min_points_per_centroid = 1;
        ivf.train((faiss::Index::idx_t)count, vectors);
        index->whole->is_trained = true;
    });
}

void mvf_copy_centroids(const mvf_index *index, float *out) {
    auto *flat = static_cast<faiss::IndexFlat *>(index->ivf->quantizer);
    std::memcpy(out, flat->get_xb(), sizeof(float) * index->ivf->nlist * index->ivf->d);
}

void mvf_copy_codebooks(const mvf_index *index, float *out) {
    const auto &c = index->ivf->pq.centroids;
    std::memcpy(out, c.data(), sizeof(float) * c.size());
}

int mvf_assign(const mvf_index *index, size_t count, const float *vectors, uint32_t *lists, int threads,
               mvf_error *error) {
    return guarded(error, [&] {
        set_threads(threads);
        std::vector<faiss::Index::idx_t> ids(count);
        index->ivf->quantizer->assign((faiss::Index::idx_t)count, vectors, ids.data());
        for (size_t i = 0; i < count; i++) lists[i] = ids[i] < 0 ? 0 : (uint32_t)ids[i];
    });
}

size_t mvf_list_count(const mvf_index *index, uint32_t list) { return index->ivf->invlists->list_size(list); }

int mvf_list_copy(const mvf_index *index, uint32_t list, uint32_t *rows, uint8_t *codes, mvf_error *error) {
    return guarded(error, [&] {
        const auto *lists = index->ivf->invlists;
        size_t n = lists->list_size(list);
        faiss::InvertedLists::ScopedIds ids(lists, list);
        faiss::InvertedLists::ScopedCodes bytes(lists, list);
        for (size_t i = 0; i < n; i++) {
            if (ids[i] < 0 || ids[i] > (faiss::Index::idx_t)UINT32_MAX)
                throw std::runtime_error("a row number out of range");
            rows[i] = (uint32_t)ids[i];
        }
        if (n) std::memcpy(codes, bytes.get(), n * lists->code_size);
    });
}

int mvf_list_add(mvf_index *index, uint32_t list, size_t count, const uint32_t *rows, const uint8_t *codes,
                 mvf_error *error) {
    return guarded(error, [&] {
        std::vector<faiss::Index::idx_t> ids(rows, rows + count);
        index->ivf->invlists->add_entries(list, count, ids.data(), codes);
        index->ivf->ntotal += (faiss::Index::idx_t)count;
        index->whole->ntotal = index->ivf->ntotal;
    });
}

void mvf_clear(mvf_index *index) {
    // reset() keeps the capacity of each list: only new lists give the memory back.
    auto *lists = new (std::nothrow) faiss::ArrayInvertedLists(index->ivf->nlist, index->ivf->code_size);
    if (lists) index->ivf->replace_invlists(lists, true);
    index->ivf->ntotal = 0;
    index->whole->ntotal = 0;
}

void mvf_trim_memory(void) { malloc_trim(0); }

int mvf_write(const mvf_index *index, const char *path, mvf_error *error) {
    return guarded(error, [&] { faiss::write_index(index->whole.get(), path); });
}

int mvf_read(const char *path, mvf_index **out, mvf_error *error) {
    return guarded(error, [&] {
        const int flags = 16;  // IO_FLAG_SKIP_PRECOMPUTE_TABLE: nlist x M x 1,024 bytes that no search of ours reads
        std::unique_ptr<faiss::Index> whole(faiss::read_index(path, flags));
        *out = adopt(std::move(whole)).release();
    });
}

int mvf_search(const mvf_index *index, size_t count, const float *vectors, size_t k, size_t nprobe, float *distances,
               int64_t *ids, mvf_error *error) {
    return guarded(error, [&] {
        set_threads(1);
        faiss::IVFSearchParameters how;
        how.nprobe = nprobe;
        index->ivf->search((faiss::Index::idx_t)count, vectors, (faiss::Index::idx_t)k, distances, ids, &how);
    });
}
}
