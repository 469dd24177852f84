import ArgumentParser
import MemVec
import Storage
import Vectors

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at this machine, a disk, and the way to S3 Vectors, and say what to mend.",
        discussion: """
            memvec doctor                         the working directory's disk
            memvec doctor news                    a collection's disk, and its remote where it has one
            memvec doctor data --region us-east-1 the disk, and S3 Vectors in that region

            Ends with 1 when something fails. What is asked of S3 Vectors is one ListVectorBuckets, and of a \
            collection's remote what it is (GetIndex). The disk gets a file of 64 MiB, which is removed.
            """)

    @Argument(help: "A collection, or a folder on the disk to be looked at.", completion: .directory)
    var folder = "."
    @Option(help: "A server of S3 Vectors other than Amazon's.")
    var endpoint: String?
    @Option(help: "The AWS region, where AWS's own settings do not say it.")
    var region: String?
    @Option(help: "The AWS profile, where AWS's own settings do not say it.")
    var profile: String?
    @Flag(help: "Print JSON: one object on a line.")
    var json = false

    func run() async throws {
        var findings = MachineExamination.findings() + DiskExamination.findings(folder)
        let file = try? CollectionFile.read(folder: folder)
        // `local:` needs no service, `s3:` another one.
        let isBehindService = ["s3vectors:", "arn:"].contains { file?.cold?.hasPrefix($0) == true }
        if endpoint != nil || region != nil || profile != nil || isBehindService {
            let saved = file?.settings ?? [:]
            findings += await ServiceExamination.findings(
                endpoint: endpoint ?? saved["endpoint"], region: region ?? saved["region"],
                profile: profile ?? saved["profile"])
        }
        // Where keys or service fail, all of it does.
        let isShut = findings.contains { ["keys", "service"].contains($0.name) && $0.isFailure }
        if !isShut, let file, let address = file.cold { findings.append(await remote(file, address)) }
        let failed = findings.count { $0.isFailure }, doubtful = findings.count { $0.state == .warning }
        if json {
            Terminal.print(
                ["findings": findings.map(\.object), "failures": failed, "warnings": doubtful] as JSONObject)
        } else {
            for finding in findings { Terminal.print(finding.lines) }
            Terminal.print("\(NumberText.counted(failed, "failure")), \(NumberText.counted(doubtful, "warning"))")
        }
        if failed > 0 { throw Outcome.failed }
    }

    private func remote(_ file: CollectionFile, _ address: String) async -> Finding {
        do throws(InputError) {
            var settings = try CollectionSettings(saved: file.settings)
            if let endpoint { settings.endpoint = endpoint }
            if let region { settings.region = region }
            if let profile { settings.profile = profile }
            return await RemoteExamination.finding(file, at: address, settings)
        } catch {
            return .failure("remote", "\(address): \(error)", "the collection's settings cannot be read")
        }
    }
}
