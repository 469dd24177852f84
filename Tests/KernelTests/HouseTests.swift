import CKernels
import Testing
