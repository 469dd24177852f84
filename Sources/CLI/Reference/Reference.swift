import ArgumentParser
import S3Vectors
import Server
import Vectors

/// What docs/reference.md is written from, beside the help: lists that the code goes by. Not shown in the help, as
/// nobody needs it but `tools/reference`.
struct Reference: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print metrics, error codes of the wire, exit codes and variables as JSON.", shouldDisplay: false)

    func run() {
        let metrics = MetricDescription.all.map { metric -> JSONObject in
            ["name": metric.name, "type": metric.kind.rawValue, "labels": metric.labels, "meaning": metric.help]
        }
        let codes = ServiceError.Code.all.map { code -> JSONObject in
            ["code": code.rawValue, "status": code.usualStatus]
        }
        var ends = Outcome.allCases.map { outcome -> JSONObject in
            ["code": Int(outcome.rawValue), "meaning": outcome.meaning]
        }
        for signal in Interruption.signals {
            ends.append([
                "code": Int(Interrupted(signal: signal).exitCode),
                "meaning": "It was ended by signal \(signal); what was acknowledged is on disk.",
            ])
        }
        let variables = EnvironmentVariable.all.map { variable -> JSONObject in
            ["name": variable.name, "meaning": variable.meaning]
        }
        Terminal.print(["metrics": metrics, "wireErrors": codes, "exitCodes": ends, "variables": variables])
    }
}
