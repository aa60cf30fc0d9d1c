import Scripting

extension Variable: HasRecipe {
    /// A tensor stands in the file by itself.
    public func recipe(_ tensors: any RecipeTensors) throws -> Recipe { .tensor(tensors.name(of: self)) }
}
