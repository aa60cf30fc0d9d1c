/// How a checkpoint is read.
public struct ReadingOptions: Sendable {
    /// Leaves out what cannot be read and names it in ``StateDict/leftOut``; otherwise it is an error.
    public var skip = false
    /// Complex numbers become pairs of real ones, in a last dimension of 2; otherwise they cannot be read.
    public var complexAsPairs = false

    public init(skip: Bool = false, complexAsPairs: Bool = false) {
        self.skip = skip
        self.complexAsPairs = complexAsPairs
    }
}

/// What a file says that its elements are: numbers that a tensor can hold, complex ones, or something else.
enum StoredType: Equatable, Sendable {
    case number(FileElement)
    /// Real and imaginary part, each of this type; and the name that the file gives it.
    case complex(FileElement, String)
    /// By the name that the file gives it, with the bytes of an element, if they are known.
    case foreign(String, width: Int?)

    /// Bytes of one element in the file.
    var width: Int? {
        switch self {
        case .number(let element): element.width
        case .complex(let part, _): 2 * part.width
        case .foreign(_, let width): width
        }
    }

    /// The bytes of `count` elements, or nil when that overflows or is not known.
    func byteCount(_ count: Int) -> Int? {
        guard let width, count >= 0 else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: width)
        return overflow ? nil : bytes
    }

    /// The numbers to read, and how many of them make one element: 2 for complex ones.
    /// - Throws: ``Unreadable`` for what no tensor holds.
    func numbers(_ options: ReadingOptions) throws -> (element: FileElement, each: Int) {
        switch self {
        case .number(let element): return (element, 1)
        case .complex(let part, _) where options.complexAsPairs: return (part, 2)
        case .complex(_, let name):
            throw Unreadable("complex elements (\(name)), which {complex = \"pairs\"} reads as pairs of real ones")
        case .foreign(let name, _):
            throw Unreadable("elements of type \"\(name)\" are not supported: no tensor type holds them")
        }
    }
}

/// Why one tensor of a file that is as it should be cannot be read. Others can.
struct Unreadable: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}
