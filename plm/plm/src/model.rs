//! The configuration: domains, types, entities, dependencies; and what is kept of each entity.
//!
//! Source: SAI-AIS-PLM-A.01.02, the UML classes `SaPlm…` of the information model.

use crate::isolation::Isolation;
use crate::matching::Expression;
use crate::retry::Retry;
use crate::runtime::Published;
use crate::state::{AdminState, EePresence, HePresence, OperationalState, ReadinessFlags};
use ais::Dn;
use ais::imm::{Attributes, Change, Object, Value};
use ais::plm::ReadinessState;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;
use hpi_model::EntityPath;
use machine::Time;
use serde::{Deserialize, Serialize};

/// Most hardware elements and execution environments together.
pub const ENTITIES_MAX: usize = 4_096;

/// Time that an execution environment gets to start where nothing is configured. Choice.
const INSTANTIATE_DEFAULT: Duration = Duration::from_secs(180);

/// Time that an execution environment gets to stop where nothing is configured. Choice.
const TERMINATE_DEFAULT: Duration = Duration::from_secs(30);

/// `SaPlmHEDeactivationPolicyT`: what happens when somebody wants to take a hardware element out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u32)]
pub enum DeactivationPolicy {
    /// Refused unless it is out of service.
    RejectNotOos = 1,
    /// The trackers are asked.
    Validate = 2,
    /// The trackers are told.
    Unconditional = 3,
}

impl DeactivationPolicy {
    pub(crate) fn from_number(number: u64) -> Option<Self> {
        match number {
            1 => Some(Self::RejectNotOos),
            2 => Some(Self::Validate),
            3 => Some(Self::Unconditional),
            _ => None,
        }
    }
}

/// Defaults of an execution environment type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EeType {
    pub(crate) instantiate_timeout: Option<Duration>,
    pub(crate) terminate_timeout: Option<Duration>,
}

/// A dependency of the entity below which its object stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) names: Vec<Dn>,
    pub(crate) min: usize,
}

/// Where a hardware element was found, and as what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// `saPlmHECurrEntityPath`.
    pub path: EntityPath,
    /// `saPlmHECurrHEType`.
    pub he_type: Dn,
}

/// What only a hardware element has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct He {
    /// `saPlmHEBaseHEType`.
    pub base_type: Dn,
    /// `saPlmHEEntityPaths`, those that can be read.
    pub paths: Vec<EntityPath>,
    /// `saPlmHEPresenceState`.
    pub presence: HePresence,
    /// What it is mapped to; `None` while it is not present.
    pub mapping: Option<Mapping>,
    /// An order that it waits for was refused.
    pub(crate) retry: Option<Retry>,
}

/// What only an execution environment has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ee {
    /// `saPlmEEType`.
    pub ee_type: Dn,
    /// `saPlmEEInstantiateTimeout`; `None` for the type's.
    pub instantiate_timeout: Option<Duration>,
    /// `saPlmEETerminateTimeout`; `None` for the type's.
    pub terminate_timeout: Option<Duration>,
    /// `saPlmEEPresenceState`.
    pub presence: EePresence,
    /// When the start or stop under way has taken too long.
    pub(crate) deadline: Option<Time>,
    /// The readiness that trackers know.
    pub(crate) told: ReadinessState,
    /// It left the cluster, and its hardware is being reset.
    pub(crate) isolating: Option<Isolation>,
}

/// Hardware element or execution environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A hardware element.
    He(He),
    /// An execution environment.
    Ee(Ee),
}

/// A hardware element or execution environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// Admin state.
    pub admin: AdminState,
    /// Operational state.
    pub operational: OperationalState,
    /// Readiness state.
    pub readiness: ReadinessState,
    /// Readiness flags.
    pub flags: ReadinessFlags,
    /// Which of the two, with what only it has.
    pub kind: Kind,
    /// What the information model has of it; `None` before anything was published.
    pub(crate) published: Option<Published>,
}

impl Entity {
    fn new(kind: Kind, admin: Option<u64>) -> Self {
        let admin = match admin {
            Some(2 | 4) => AdminState::Locked,
            Some(3) => AdminState::LockedInactive,
            _ => AdminState::Unlocked,
        };
        Self {
            admin,
            operational: OperationalState::Enabled,
            readiness: ReadinessState::OutOfService,
            flags: ReadinessFlags::default(),
            kind,
            published: None,
        }
    }

    /// The hardware element's part.
    pub fn he(&self) -> Option<&He> {
        match &self.kind {
            Kind::He(he) => Some(he),
            Kind::Ee(_) => None,
        }
    }

    /// The execution environment's part.
    pub fn ee(&self) -> Option<&Ee> {
        match &self.kind {
            Kind::Ee(ee) => Some(ee),
            Kind::He(_) => None,
        }
    }

    pub(crate) fn he_mut(&mut self) -> Option<&mut He> {
        match &mut self.kind {
            Kind::He(he) => Some(he),
            Kind::Ee(_) => None,
        }
    }

    pub(crate) fn ee_mut(&mut self) -> Option<&mut Ee> {
        match &mut self.kind {
            Kind::Ee(ee) => Some(ee),
            Kind::He(_) => None,
        }
    }

    /// Whether its presence lets it provide service. Source: §3.1.3.2.4.
    pub(crate) fn is_there(&self) -> bool {
        match &self.kind {
            Kind::He(he) => matches!(he.presence, HePresence::Active | HePresence::Deactivating),
            Kind::Ee(ee) => {
                matches!(
                    ee.presence,
                    EePresence::Instantiated | EePresence::Terminating
                )
            }
        }
    }
}

/// Everything that is configured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Model {
    pub(crate) domains: BTreeMap<Dn, Option<DeactivationPolicy>>,
    pub(crate) he_base_types: BTreeMap<Dn, ()>,
    /// `saPlmHetIdr` by type; a type stands below its base type.
    pub(crate) he_types: BTreeMap<Dn, Vec<Expression>>,
    pub(crate) ee_base_types: BTreeMap<Dn, ()>,
    pub(crate) ee_types: BTreeMap<Dn, EeType>,
    pub(crate) entities: BTreeMap<Dn, Entity>,
    /// By the dependency object's own name.
    pub(crate) dependencies: BTreeMap<Dn, Dependency>,
}

impl Model {
    pub(crate) fn apply(&mut self, change: &Change) {
        match change {
            Change::Create(object) => self.create(object),
            Change::Modify {
                dn,
                class,
                attributes,
            } => self.modify(dn, class, attributes),
            Change::Delete { dn, class: _ } => self.delete(dn),
        }
    }

    fn create(&mut self, object: &Object) {
        let dn = object.dn.clone();
        match object.class.as_str() {
            "SaPlmDomain" => {
                self.domains.insert(dn, None);
            }
            "SaPlmHEBaseType" => {
                self.he_base_types.insert(dn, ());
            }
            "SaPlmHEType" => {
                self.he_types.insert(dn, Vec::new());
            }
            "SaPlmEEBaseType" => {
                self.ee_base_types.insert(dn, ());
            }
            "SaPlmEEType" => {
                self.ee_types.insert(dn, EeType::default());
            }
            "SaPlmDependency" => {
                self.dependencies.insert(
                    dn,
                    Dependency {
                        names: Vec::new(),
                        min: 0,
                    },
                );
            }
            "SaPlmHE" | "SaPlmEE" => self.create_entity(object),
            _ => return,
        }
        self.modify(&object.dn, &object.class, &object.attributes);
    }

    fn create_entity(&mut self, object: &Object) {
        if self.entities.len() >= ENTITIES_MAX || self.entities.contains_key(&object.dn) {
            return;
        }
        let entity = if object.class == "SaPlmHE" {
            let Some(base_type) = object.name("saPlmHEBaseHEType") else {
                return;
            };
            let presence = HePresence::NotPresent;
            let he = He {
                base_type,
                paths: Vec::new(),
                presence,
                mapping: None,
                retry: None,
            };
            Entity::new(Kind::He(he), object.number("saPlmHEAdminState"))
        } else {
            let Some(ee_type) = object.name("saPlmEEType") else {
                return;
            };
            let ee = Ee {
                ee_type,
                instantiate_timeout: None,
                terminate_timeout: None,
                presence: EePresence::Uninstantiated,
                deadline: None,
                told: ReadinessState::OutOfService,
                isolating: None,
            };
            Entity::new(Kind::Ee(ee), object.number("saPlmEEAdminState"))
        };
        self.entities.insert(object.dn.clone(), entity);
    }

    fn modify(&mut self, dn: &Dn, class: &str, attributes: &Attributes) {
        for (attribute, values) in attributes {
            match class {
                "SaPlmDomain" => self.modify_domain(dn, attribute, values),
                "SaPlmHEType" if attribute == "saPlmHetIdr" => {
                    let texts = values.iter().filter_map(Value::as_str);
                    let expressions = texts.filter_map(Expression::parse).collect();
                    self.he_types.insert(dn.clone(), expressions);
                }
                "SaPlmEEType" => {
                    if let Some(ee_type) = self.ee_types.get_mut(dn) {
                        modify_ee_type(ee_type, attribute, values);
                    }
                }
                "SaPlmHE" | "SaPlmEE" => {
                    if let Some(entity) = self.entities.get_mut(dn) {
                        modify_entity(entity, attribute, values);
                    }
                }
                "SaPlmDependency" => {
                    if let Some(dependency) = self.dependencies.get_mut(dn) {
                        modify_dependency(dependency, attribute, values);
                    }
                }
                _ => {}
            }
        }
    }

    fn modify_domain(&mut self, dn: &Dn, attribute: &str, values: &[Value]) {
        if attribute == "saPlmHEDeactivationPolicy" {
            let policy = number(values).and_then(DeactivationPolicy::from_number);
            self.domains.insert(dn.clone(), policy);
        }
    }

    fn delete(&mut self, dn: &Dn) {
        self.domains.remove(dn);
        self.he_base_types.remove(dn);
        self.he_types.remove(dn);
        self.ee_base_types.remove(dn);
        self.ee_types.remove(dn);
        self.entities.remove(dn);
        self.dependencies.remove(dn);
    }

    /// The entity that contains `dn`; `None` below the domain.
    pub(crate) fn parent(&self, dn: &Dn) -> Option<(Dn, &Entity)> {
        let parent = dn.parent()?;
        let entity = self.entities.get(&parent)?;
        Some((parent, entity))
    }

    /// The hardware below an execution environment, nearest first.
    pub(crate) fn hardware_below(&self, dn: &Dn) -> Option<Dn> {
        dn.ancestors()
            .skip(1)
            .find(|up| self.entities.get(up).is_some_and(|e| e.he().is_some()))
    }

    /// Dependencies of an entity.
    pub(crate) fn dependencies_of(&self, dn: &Dn) -> impl Iterator<Item = &Dependency> {
        let of = dn.clone();
        self.dependencies
            .iter()
            .filter(move |(name, _)| name.parent().as_ref() == Some(&of))
            .map(|(_, dependency)| dependency)
    }

    /// Policy of the domain in which `dn` is. Choice: `Validate` where none is configured.
    pub(crate) fn policy(&self, dn: &Dn) -> DeactivationPolicy {
        let domain = dn.ancestors().find_map(|up| self.domains.get(&up).copied());
        domain.flatten().unwrap_or(DeactivationPolicy::Validate)
    }

    pub(crate) fn instantiate_timeout(&self, ee: &Ee) -> Duration {
        let own = ee.instantiate_timeout;
        let of_type = || {
            self.ee_types
                .get(&ee.ee_type)
                .and_then(|t| t.instantiate_timeout)
        };
        own.or_else(of_type).unwrap_or(INSTANTIATE_DEFAULT)
    }

    pub(crate) fn terminate_timeout(&self, ee: &Ee) -> Duration {
        let own = ee.terminate_timeout;
        let of_type = || {
            self.ee_types
                .get(&ee.ee_type)
                .and_then(|t| t.terminate_timeout)
        };
        own.or_else(of_type).unwrap_or(TERMINATE_DEFAULT)
    }
}

fn modify_ee_type(ee_type: &mut EeType, attribute: &str, values: &[Value]) {
    match attribute {
        "saPlmEetDefInstantiateTimeout" => ee_type.instantiate_timeout = duration(values),
        "saPlmEetDefTerminateTimeout" => ee_type.terminate_timeout = duration(values),
        _ => {}
    }
}

fn modify_entity(entity: &mut Entity, attribute: &str, values: &[Value]) {
    match (&mut entity.kind, attribute) {
        (Kind::He(he), "saPlmHEEntityPaths") => {
            let texts = values.iter().filter_map(Value::as_str);
            he.paths = texts
                .filter_map(|text| EntityPath::parse(text).ok())
                .collect();
        }
        (Kind::Ee(ee), "saPlmEEType") => {
            if let Some(Ok(name)) = values.first().and_then(Value::as_str).map(Dn::parse) {
                ee.ee_type = name;
            }
        }
        (Kind::Ee(ee), "saPlmEEInstantiateTimeout") => ee.instantiate_timeout = duration(values),
        (Kind::Ee(ee), "saPlmEETerminateTimeout") => ee.terminate_timeout = duration(values),
        (Kind::He(_) | Kind::Ee(_), _) => {}
    }
}

fn modify_dependency(dependency: &mut Dependency, attribute: &str, values: &[Value]) {
    match attribute {
        "saPlmDepNames" => {
            let texts = values.iter().filter_map(Value::as_str);
            dependency.names = texts.filter_map(|text| Dn::parse(text).ok()).collect();
        }
        "saPlmDepMinNumber" => {
            let min = number(values).unwrap_or(0);
            dependency.min = usize::try_from(min).unwrap_or(usize::MAX);
        }
        _ => {}
    }
}

fn number(values: &[Value]) -> Option<u64> {
    values.first()?.as_u64()
}

/// `None` for an unset time, and for 0, which means the same.
fn duration(values: &[Value]) -> Option<Duration> {
    number(values)
        .filter(|nanos| *nanos > 0)
        .map(Duration::from_nanos)
}
