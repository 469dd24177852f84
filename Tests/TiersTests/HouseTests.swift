import Testing

@testable import Tiers
