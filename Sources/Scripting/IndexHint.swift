/// What is added to Lua's message about `x[1, 2]`, where a tensor's element is meant.
public enum IndexHint {
    /// The message with a word of what Lua's grammar has instead; others as they are.
    public static func added(to message: String) -> String {
        guard message.hasSuffix("']' expected near ','") else { return message }
        return message + " (an element of a tensor is x[{1, 2}])"
    }
}
