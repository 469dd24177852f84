#include "CFaiss.h"
#include "guard.h"

#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFPQ.h>
#include <faiss/IndexPreTransform.h>
#include <faiss/VectorTransform.h>
#include <faiss/impl/io.h>
#include <faiss/index_io.h>
#include <faiss/invlists/InvertedLists.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace {

using mvf::guarded;
using Ints = faiss::Index::idx_t;

struct Whole {
    std::unique_ptr<faiss::Index> index;  // what the file holds
    faiss::IndexIVFPQ *ivf = nullptr;     // inside `index`
};

Whole make(mvf_shape shape) {
    if (shape.m == 0 || shape.width % shape.m) throw std::runtime_error("PQ bytes do not divide the padded dimension");
    auto quantizer = std::make_unique<faiss::IndexFlatL2>(shape.width);
    auto ivf = std::make_unique<faiss::IndexIVFPQ>(quantizer.get(), shape.width, shape.nlist, shape.m, 8);
    quantizer.release();
    ivf->own_fields = true;
    ivf->do_polysemous_training = false;
    ivf->use_precomputed_table = -1;
    Whole whole;
    whole.ivf = ivf.get();
    if (shape.width == shape.d) {
        whole.index = std::move(ivf);
        return whole;
    }
    auto padding = std::make_unique<faiss::RemapDimensionsTransform>((int)shape.d, (int)shape.width, false);
    auto chain = std::make_unique<faiss::IndexPreTransform>(padding.get(), ivf.get());
    padding.release();
    ivf.release();
    chain->own_fields = true;
    whole.index = std::move(chain);
    return whole;
}

// FAISS ends an index without inverted lists with this.
const char no_lists[4] = {'i', 'l', '0', '0'};

/// What we would have written, or an exception.
void check(const Whole &whole, mvf_shape shape) {
    const auto &ivf = *whole.ivf;
    const auto *flat = dynamic_cast<const faiss::IndexFlat *>(ivf.quantizer);
    bool fits = (uint32_t)whole.index->d == shape.d && (uint32_t)ivf.d == shape.width && ivf.nlist == shape.nlist &&
                ivf.pq.M == shape.m && ivf.pq.nbits == 8 && ivf.code_size == shape.m && ivf.by_residual &&
                ivf.metric_type == faiss::METRIC_L2 && ivf.pq.d == shape.width &&
                ivf.pq.centroids.size() == (size_t)256 * shape.width && flat && (uint32_t)flat->d == shape.width &&
                (size_t)flat->ntotal == shape.nlist &&
                flat->codes.size() == (size_t)shape.nlist * shape.width * sizeof(float);
    if (!fits) throw std::runtime_error("an IndexIVFPQ of another shape");
}

Whole adopt(std::unique_ptr<faiss::Index> index) {
    Whole whole;
    faiss::Index *inner = index.get();
    if (auto *chain = dynamic_cast<faiss::IndexPreTransform *>(inner)) {
        bool pads = chain->chain.size() == 1 && dynamic_cast<faiss::RemapDimensionsTransform *>(chain->chain[0]);
        if (!pads) throw std::runtime_error("an IndexPreTransform that is not a padding of dimensions");
        inner = chain->index;
    }
    whole.ivf = dynamic_cast<faiss::IndexIVFPQ *>(inner);
    if (!whole.ivf) throw std::runtime_error("not an IndexIVFPQ");
    whole.index = std::move(index);
    return whole;
}

}  // namespace

extern "C" {

int mvf_head_make(mvf_shape shape, const float *centroids, const float *codebooks, uint64_t row_count, uint8_t **bytes,
                  size_t *byte_count, mvf_error *error) {
    return guarded(error, [&] {
        Whole whole = make(shape);
        whole.ivf->quantizer->add((Ints)shape.nlist, centroids);
        whole.ivf->pq.centroids.assign(codebooks, codebooks + (size_t)256 * shape.width);
        whole.ivf->replace_invlists(nullptr, false);
        whole.ivf->is_trained = whole.index->is_trained = true;
        whole.ivf->ntotal = whole.index->ntotal = (Ints)row_count;
        faiss::VectorIOWriter writer;
        faiss::write_index(whole.index.get(), &writer);
        size_t count = writer.data.size() - sizeof no_lists;
        if (std::memcmp(writer.data.data() + count, no_lists, sizeof no_lists) != 0) {
            throw std::runtime_error("FAISS wrote an index that does not end with its inverted lists");
        }
        auto *copy = static_cast<uint8_t *>(std::malloc(count));
        if (!copy) throw std::bad_alloc();
        std::memcpy(copy, writer.data.data(), count);
        *bytes = copy;
        *byte_count = count;
    });
}

int mvf_head_read(const uint8_t *bytes, size_t byte_count, mvf_shape shape, float *centroids, float *codebooks,
                  mvf_error *error) {
    return guarded(error, [&] {
        faiss::VectorIOReader reader;
        reader.data.assign(bytes, bytes + byte_count);
        // Inverted lists in FAISS's form, none of which has entries.
        auto put = [&](const void *what, size_t n) {
            const auto *from = static_cast<const uint8_t *>(what);
            reader.data.insert(reader.data.end(), from, from + n);
        };
        uint64_t nlist = shape.nlist, code_size = shape.m, none = 0;
        put("ilar", 4), put(&nlist, 8), put(&code_size, 8), put("sprs", 4), put(&none, 8);
        // Without the flag FAISS makes a table of nlist x m x 1,024 bytes that nothing here reads.
        std::unique_ptr<faiss::Index> index(faiss::read_index(&reader, faiss::IO_FLAG_SKIP_PRECOMPUTE_TABLE));
        Whole whole = adopt(std::move(index));
        check(whole, shape);
        const auto &flat = static_cast<const faiss::IndexFlat &>(*whole.ivf->quantizer);
        std::memcpy(centroids, flat.codes.data(), flat.codes.size());
        const auto &words = whole.ivf->pq.centroids;
        std::memcpy(codebooks, words.data(), words.size() * sizeof(float));
    });
}

void mvf_free(void *memory) { std::free(memory); }
}
