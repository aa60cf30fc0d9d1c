import Networks

extension UnivariateCoupling: HoldsModules { public var modules: [Module] { [hyper] } }
extension MaskedAutoregressive: HoldsModules { public var modules: [Module] { [hyper] } }

extension Flow: HoldsModules {
    /// The networks of its transforms: what dropout acts in while it is trained.
    public var modules: [Module] { transforms.flatMap { ($0.transform as? any HoldsModules)?.modules ?? [] } }
}
