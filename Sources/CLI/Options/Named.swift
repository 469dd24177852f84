public import ArgumentParser
public import Formats
public import MemVec

// Values that stand on the command line by their names.
extension Metric: ExpressibleByArgument {}
extension FileFormat: ExpressibleByArgument {}
extension ColdPath: ExpressibleByArgument {}
