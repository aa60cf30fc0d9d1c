/// A set of objects by identity. Few are searched one by one, which costs no hash table: most calls of a transform have
/// a handful of arguments and operations.
struct FewOrManyObjects {
    private var few: [ObjectIdentifier] = []
    private var many: Set<ObjectIdentifier> = []

    /// Up to here a search takes no longer than a look into a hash table.
    private static let most = 16

    func contains(_ object: AnyObject) -> Bool {
        let identity = ObjectIdentifier(object)
        return many.isEmpty ? few.contains(identity) : many.contains(identity)
    }

    /// - Returns: whether it was not in the set.
    @discardableResult
    mutating func insert(_ object: AnyObject) -> Bool {
        let identity = ObjectIdentifier(object)
        if !many.isEmpty { return many.insert(identity).inserted }
        if few.contains(identity) { return false }
        few.append(identity)
        if few.count > FewOrManyObjects.most { many = Set(few) }
        return true
    }
}
