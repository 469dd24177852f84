// Who imports MemVec needs its vocabulary, too: keys, metadata, filters, answers, languages.
@_exported public import Analysis
@_exported public import Router
@_exported public import Vectors
