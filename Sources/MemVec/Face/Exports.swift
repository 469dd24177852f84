// Who imports MemVec needs its vocabulary, too: keys, metadata, filters, answers.
@_exported public import Router
@_exported public import Vectors
