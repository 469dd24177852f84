internal import CKernels

/// What this machine computes distances with.
package enum Processor {
    /// `avx2` or `scalar`.
    package static var kernelName: String { unsafe String(cString: mv_kernel_name()) }
}
