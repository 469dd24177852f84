#include "CFaiss.h"
#include "guard.h"

#include <faiss/IndexFlat.h>
#include <faiss/IndexHNSW.h>
#include <faiss/IndexIVF.h>
#include <faiss/IndexPreTransform.h>
#include <faiss/clone_index.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>

#include <malloc.h>

#include <memory>
#include <stdexcept>

extern "C" void omp_set_num_threads(int);

struct mvf_index {
    std::unique_ptr<faiss::Index> whole;
};

namespace {

using mvf::guarded;
using Ints = faiss::Index::idx_t;

/// The index that searches, behind a transform of the vectors or not.
const faiss::Index *inner(const mvf_index *index) {
    const auto *chain = dynamic_cast<const faiss::IndexPreTransform *>(index->whole.get());
    return chain ? chain->index : index->whole.get();
}

}  // namespace

extern "C" {

int mvf_create(uint32_t d, const char *factory, mvf_index **out, mvf_error *error) {
    return guarded(error, [&] {
        auto made = std::make_unique<mvf_index>();
        made->whole.reset(faiss::index_factory((int)d, factory, faiss::METRIC_L2));
        if (!made->whole->is_trained) throw std::runtime_error("this index needs training");
        *out = made.release();
    });
}

int mvf_clone(const mvf_index *index, mvf_index **out, mvf_error *error) {
    return guarded(error, [&] {
        auto made = std::make_unique<mvf_index>();
        if (const auto *graph = dynamic_cast<const faiss::IndexHNSWFlat *>(index->whole.get())) {
            // FAISS's own clone of a graph forgets which kind of storage it has, and cannot be written.
            std::unique_ptr<faiss::Index> storage(faiss::clone_index(graph->storage));
            auto copy = std::make_unique<faiss::IndexHNSWFlat>(*graph);
            copy->storage = storage.release();
            copy->own_fields = true;
            made->whole = std::move(copy);
        } else {
            made->whole.reset(faiss::clone_index(index->whole.get()));
        }
        *out = made.release();
    });
}

void mvf_destroy(mvf_index *index) { delete index; }

uint64_t mvf_count(const mvf_index *index) { return (uint64_t)index->whole->ntotal; }

uint32_t mvf_dimension(const mvf_index *index) { return (uint32_t)index->whole->d; }

size_t mvf_byte_count(const mvf_index *index) {
    auto flat_bytes = [](const faiss::Index *storage) -> size_t {
        const auto *flat = dynamic_cast<const faiss::IndexFlatCodes *>(storage);
        return flat ? flat->codes.capacity() : 0;
    };
    if (const auto *graph = dynamic_cast<const faiss::IndexHNSW *>(index->whole.get())) {
        const auto &h = graph->hnsw;
        return flat_bytes(graph->storage) + h.neighbors.capacity() * sizeof(h.neighbors[0]) +
               h.offsets.capacity() * sizeof(h.offsets[0]) + h.levels.capacity() * sizeof(h.levels[0]);
    }
    return flat_bytes(index->whole.get());
}

int mvf_add(mvf_index *index, size_t count, const float *vectors, int threads, mvf_error *error) {
    return guarded(error, [&] {
        mvf::use_one_thread();
        omp_set_num_threads(threads);
        index->whole->add((Ints)count, vectors);
        omp_set_num_threads(1);
    });
}

const float *mvf_vectors(const mvf_index *index) {
    const faiss::Index *storage = index->whole.get();
    if (const auto *graph = dynamic_cast<const faiss::IndexHNSW *>(storage)) storage = graph->storage;
    const auto *flat = dynamic_cast<const faiss::IndexFlat *>(storage);
    return flat ? flat->get_xb() : nullptr;
}

int mvf_search(const mvf_index *index, size_t count, const float *vectors, size_t k, size_t effort, float *distances,
               int64_t *ids, mvf_error *error) {
    return guarded(error, [&] {
        mvf::use_one_thread();
        faiss::SearchParametersIVF lists;
        lists.nprobe = effort;
        faiss::SearchParametersHNSW graph;
        graph.efSearch = (int)effort;
        const faiss::SearchParameters *how = nullptr;
        if (dynamic_cast<const faiss::IndexIVF *>(inner(index))) how = &lists;
        if (dynamic_cast<const faiss::IndexHNSW *>(inner(index))) how = &graph;
        faiss::SearchParametersPreTransform chain;
        chain.index_params = const_cast<faiss::SearchParameters *>(how);
        if (how && inner(index) != index->whole.get()) how = &chain;
        index->whole->search((Ints)count, vectors, (Ints)k, distances, ids, how);
    });
}

int mvf_write(const mvf_index *index, const char *path, mvf_error *error) {
    return guarded(error, [&] { faiss::write_index(index->whole.get(), path); });
}

int mvf_read(const char *path, mvf_index **out, mvf_error *error) {
    return guarded(error, [&] {
        auto made = std::make_unique<mvf_index>();
        made->whole.reset(faiss::read_index(path, faiss::IO_FLAG_SKIP_PRECOMPUTE_TABLE));
        *out = made.release();
    });
}

void mvf_trim_memory(void) { malloc_trim(0); }
}
