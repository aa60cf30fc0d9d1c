import Scripting
import Tensors

/// Reads files of `torch.save`: a zip of a pickle that describes the tensors, and an entry of bytes for each storage.
enum TorchCheckpoint {
    /// - Throws: for a malformed archive, pickle or tensor, and when something other than tensors in dictionaries is
    ///   needed.
    static func read(
        _ archive: ZipArchive, _ options: ReadingOptions = ReadingOptions(),
        choosing isWanted: (([String]) -> Bool)? = nil
    ) throws -> StateDict {
        let report = archive.report
        for entry in archive.entries {
            // torch.save writes no such names, so that the archive is something else.
            guard ZipDirectory.isHarmless(entry.name) else {
                throw report.error("zip: entry name \(shown(entry.name)) is not allowed")
            }
            if let problem = entry.problem { throw report.error("zip: entry \(shown(entry.name)) \(problem)") }
        }
        let pickles = archive.entries.indices.filter { isPickle(archive.entries[$0].name) }
        guard let pickle = pickles.first, pickles.count == 1 else {
            throw report.error("a zip archive with \(pickles.count) entries data.pkl; torch.save writes one")
        }
        let entry = archive.entries[pickle]
        let folder = String(entry.name.dropLast("data.pkl".count))
        if archive.entries.contains(where: {
            $0.name.hasPrefix(folder + "code/") || $0.name == folder + "constants.pkl"
        }) {
            throw report.error(
                "a TorchScript archive; save the weights with torch.save(model.state_dict(), path) instead")
        }
        // torch.save does not compress; compressed weights shrink by a factor of ten at most, not a thousand.
        guard entry.method == 0 || entry.size <= 1 << 20 || entry.size / 100 <= entry.compressed else {
            throw report.error(
                "zip: entry \(shown(entry.name)): a pickle of \(entry.size) bytes in \(entry.compressed) is no "
                    + "checkpoint"
            )
        }
        let workspace = Workspace()
        try workspace.take(entry.size)
        defer { withExtendedLifetime(workspace) {} }
        let bytes = try archive.bytes(pickle, limit: PickleMachine.limit, zeroIsUnknown: true)
        return try read(bytes, in: folder, of: archive, options, choosing: isWanted)
    }

    /// The tensors that a pickle describes, with storages in a folder of the archive.
    static func read(
        _ pickle: [UInt8], in folder: String, of archive: ZipArchive, _ options: ReadingOptions = ReadingOptions(),
        choosing isWanted: (([String]) -> Bool)? = nil
    ) throws -> StateDict {
        let order = try byteOrder(archive, folder)
        let (heap, root) = try PickleMachine.load(pickle, archive.report)
        let weights = try TorchContents(heap, root, archive.report).weights(isWanted)
        let loader = TorchStorageLoader(ZipStorages(archive: archive, folder: folder), order, heap, options)
        return try gathered(weights, loader, archive.report, options)
    }

    /// The named tensors of a heap, read by a loader. A repeated name, and one that no script could ask for, is an
    /// error.
    static func gathered(
        _ weights: TorchContents.Named, _ loader: TorchStorageLoader, _ report: Report, _ options: ReadingOptions
    ) throws -> StateDict {
        var gathering = Gathering(report, options)
        var seen: [ByteString: Int] = [:]
        for (name, tensor, problem) in weights {
            let times = (seen[ByteString(name)] ?? 0) + 1
            seen[ByteString(name)] = times
            try gathering.add(times == 1 ? name : "\(name) (\(times))") {
                if let problem { throw Unreadable(problem) }
                guard times == 1 else { throw Unreadable("another tensor of the file has the name \(shown(name))") }
                return try loader.tensor(tensor, name)
            }
        }
        gathering.name(loader.foreign)
        return gathering.dict
    }

    static func isPickle(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count <= 2 && parts.last == "data.pkl"
    }

    private static func byteOrder(_ archive: ZipArchive, _ folder: String) throws -> FileElement.Order {
        guard let position = archive.position(of: folder + "byteorder") else { return .little }
        switch String(decoding: try archive.bytes(position, limit: 100, zeroIsUnknown: true), as: UTF8.self) {
        case "little": return .little
        case "big": return .big
        case let other: throw archive.report.error("byte order \(shown(other)); little or big expected")
        }
    }
}

/// Storages in entries `data/KEY` of an archive.
struct ZipStorages: TorchStorages {
    let archive: ZipArchive
    let folder: String

    var report: Report { archive.report }

    func check(_ storage: TorchStorage, _ name: String) throws {
        let (position, entryName) = try place(storage, name)
        let entry = archive.entries[position]
        guard storage.type.byteCount(storage.count) == entry.size else {
            throw report.error(
                "tensor \(shown(name)): its storage has \(storage.count) elements, which entry \(shown(entryName)) of "
                    + "\(entry.size) bytes does not hold"
            )
        }
        // Checked before memory is allocated.
        try archive.checkSize(entry)
    }

    func read(_ storage: TorchStorage, into buffer: UnsafeMutableRawBufferPointer) throws {
        try archive.read(try place(storage, storage.key).position, into: buffer, zeroIsUnknown: true)
    }

    private func place(_ storage: TorchStorage, _ name: String) throws -> (position: Int, name: String) {
        let entryName = folder + "data/" + storage.key
        guard let position = archive.position(of: entryName) else {
            throw report.error("tensor \(shown(name)): the archive has no entry \(shown(entryName))")
        }
        return (position, entryName)
    }
}
