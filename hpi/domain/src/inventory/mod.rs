//! Inventory data in HPI's words, and what identifies a board for PLM.
//!
//! Source: SAI-HPI-B.03.02, inventory data repositories; FRU Information Storage Definition v1.0.

mod area;
mod edit;
mod text;

#[cfg(test)]
mod tests;

pub use edit::{Edited, edit};

use crate::{Domain, Effect, Out, Told};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use area::Info;
use hpi_model::handover::Identity;
use hpi_model::{AreaType, FieldType, HpiError, IdrArea, ResourceId, TextBuffer};
use ipmi::fru::{self, Area, Board, Chassis, Integrity, Product};
use ipmi::text::Text;
use serde::{Deserialize, Serialize};

/// Inventory data of a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// The areas that could be read, in the order of their ids.
    pub areas: Vec<IdrArea>,
    /// Nobody adds or deletes areas.
    pub read_only: bool,
    /// `UpdateCount`: changes so far.
    pub update_count: u32,
    /// What is wrong with the data, for people; empty when nothing is.
    pub defects: Vec<String>,
}

/// A call that changes an inventory. Id 0 in place of an id that is there means the first one
/// (`SAHPI_FIRST_ENTRY`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InventoryCall {
    /// `saHpiIdrAreaAdd`, or `saHpiIdrAreaAddById` with an id.
    AreaAdd(AreaType, Option<u32>),
    /// `saHpiIdrAreaDelete`.
    AreaDelete(u32),
    /// `saHpiIdrFieldAdd`, or `saHpiIdrFieldAddById` with an id.
    FieldAdd {
        /// Where to.
        area: u32,
        /// Which id it shall have.
        id: Option<u32>,
        /// What it tells.
        kind: FieldType,
        /// The value.
        value: TextBuffer,
    },
    /// `saHpiIdrFieldSet`.
    FieldSet {
        /// In which area.
        area: u32,
        /// Which field.
        id: u32,
        /// What it tells from now on.
        kind: FieldType,
        /// The value.
        value: TextBuffer,
    },
    /// `saHpiIdrFieldDelete`.
    FieldDelete {
        /// In which area.
        area: u32,
        /// Which field.
        id: u32,
    },
}

/// Reads raw inventory bytes; none at all is an empty inventory without defects.
pub(crate) fn read(bytes: &[u8]) -> (Inventory, Identity) {
    let mut inventory = Inventory::default();
    let mut identity = Identity::default();
    if bytes.is_empty() {
        return (inventory, identity);
    }
    let found = match fru::decode(bytes) {
        Ok(found) => found,
        Err(why) => {
            inventory.read_only = true;
            inventory.defects.push(format!("no inventory: {why:?}"));
            return (inventory, identity);
        }
    };
    if found.header != Integrity::Ok {
        inventory.read_only = true;
        inventory.defects.push(defect("header", found.header));
    }
    if let Some(area) = found.chassis
        && inventory.take("chassis", &area, Info::Chassis)
    {
        identify_chassis(&area.content, &mut identity);
    }
    if let Some(area) = found.board
        && inventory.take("board", &area, Info::Board)
    {
        identify_board(&area.content, &mut identity);
    }
    if let Some(area) = found.product
        && inventory.take("product", &area, Info::Product)
    {
        identify_product(&area.content, &mut identity);
    }
    if !found.records.is_empty() {
        inventory.areas.push(area::records(&found.records));
    }
    if let Some(bytes) = found.internal {
        inventory.areas.push(area::internal(&bytes));
    }
    (inventory, identity)
}

impl Domain {
    /// Takes over what was written to a FRU.
    ///
    /// Choice: the board is the same, whatever its inventory says of it now: it does not leave and
    /// come again, and PLM, which asks what a board is when it is inserted, is not told.
    pub(crate) fn inventory_written(
        &mut self,
        id: ResourceId,
        bytes: &[u8],
        out: &mut Out<'_>,
    ) -> Result<Told, HpiError> {
        let resource = self.resources.get_mut(&id);
        let resource = resource.ok_or(HpiError::InvalidResource)?;
        let fru = resource.fru.ok_or(HpiError::Capability)?;
        let (inventory, identity) = read(bytes);
        let before = resource.inventory.update_count;
        resource.inventory.adopt(inventory);
        resource.identity = identity;
        if resource.inventory.update_count == before {
            return Ok(Told::Done);
        }
        let controller = self.controllers.get_mut(&fru.address);
        let mut frus = controller.into_iter().flat_map(|it| &mut it.frus);
        if let Some(known) = frus.find(|known| known.fru_id == fru.fru_id) {
            known.inventory = bytes.to_vec();
        }
        let bytes = bytes.to_vec();
        out.effects.push(Effect::InventoryWritten { fru, bytes });
        self.updated(id, out);
        Ok(Told::Done)
    }
}

impl Inventory {
    /// Nothing of it can be changed.
    pub(crate) fn seal(&mut self) {
        self.read_only = true;
        for area in &mut self.areas {
            area.read_only = true;
            area.fields
                .iter_mut()
                .for_each(|field| field.read_only = true);
        }
    }

    /// What was read of the same device again.
    pub(crate) fn adopt(&mut self, mut found: Self) {
        found.update_count = self.update_count;
        if found != *self {
            found.update_count = self.update_count.wrapping_add(1);
            *self = found;
        }
    }

    /// Adds an area; whether it can be believed. What cannot is shown, but identifies nothing.
    fn take<T: Clone>(&mut self, name: &str, area: &Area<T>, info: fn(T) -> Info) -> bool {
        let holds = area.integrity == Integrity::Ok;
        let is_read_only = self.read_only || !holds;
        self.areas
            .push(info(area.content.clone()).shown(is_read_only));
        if !holds {
            self.defects.push(defect(name, area.integrity));
        }
        holds
    }
}

fn defect(part: &str, integrity: Integrity) -> String {
    match integrity {
        Integrity::Ok => part.to_string(),
        Integrity::BadChecksum => format!("{part}: bad checksum"),
        Integrity::Truncated => format!("{part}: truncated"),
    }
}

fn identify_chassis(chassis: &Chassis, identity: &mut Identity) {
    identity.chassis_part_number = known(&chassis.part_number);
    identity.chassis_serial_number = known(&chassis.serial_number);
}

fn identify_board(board: &Board, identity: &mut Identity) {
    identity.board_manufacturer = known(&board.manufacturer);
    identity.board_product_name = known(&board.product_name);
    identity.board_part_number = known(&board.part_number);
    identity.board_serial_number = known(&board.serial_number);
}

fn identify_product(product: &Product, identity: &mut Identity) {
    identity.product_manufacturer = known(&product.manufacturer);
    identity.product_name = known(&product.name);
    identity.product_part_number = known(&product.part_number);
    identity.product_version = known(&product.version);
    identity.product_serial_number = known(&product.serial_number);
    identity.product_asset_tag = known(&product.asset_tag);
}

fn known(text: &Text) -> Option<String> {
    Some(text.text()).filter(|text| !text.is_empty())
}
