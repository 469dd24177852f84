package import Tiers

/// The account of one index: what its client's meter has counted, as those see it who know cold stores only.
package struct IndexMeter: ColdMeter {
    package let meter: CostMeter
    let index: String

    package init(_ meter: CostMeter, _ index: IndexTarget) {
        self.meter = meter
        self.index = index.name
    }

    package var bill: ColdBill {
        var bill = ColdBill()
        for (operation, charge) in meter.counts {
            let place = operation.coldOperation
            bill.charges[place] = (bill.charges[place] ?? ColdCharge()) + charge
        }
        return bill
    }

    package var prices: any ColdPrices { meter.prices }

    package func setSize(_ size: ColdSize) { meter.setSize(of: index, size) }
}

extension Operation {
    /// What a cold store does by it: those that change no vectors are its making or its description.
    fileprivate var coldOperation: ColdOperation {
        switch self {
        case .putVectors: .put
        case .getVectors: .fetch
        case .deleteVectors: .delete
        case .listVectors: .list
        case .queryVectors: .query
        case .createIndex, .createVectorBucket: .create
        case .deleteIndex: .erase
        default: .describe
        }
    }
}
