//! One info area of a FRU inventory, as an area of a repository: each field at a place of its own.
//!
//! Choice: areas and fields have the same ids in each inventory, whatever else is there: an area by
//! its type, a field by its place in the area as the FRU standard orders them, custom fields
//! behind. An empty field is not there, but its id stays free for it; so does that of a custom
//! field that is deleted between others.
//!
//! Source: FRU Information Storage Definition v1.0 §10–§12; SAI-HPI-B.03.02, `SaHpiIdrFieldTypeT`.

use super::text;
use alloc::vec;
use alloc::vec::Vec;
use hpi_model::{AreaType, FieldType, HpiError, IdrArea, IdrField};
use hpi_model::{LANGUAGE_ENGLISH, LANGUAGE_UNDEFINED, TextBuffer, TextType};
use ipmi::fru::{Board, Chassis, Edit, MultiRecord, Product};
use ipmi::text::Text;

/// Most custom fields. Choice: more than an area has room for.
const CUSTOM_MAX: usize = 2_040;

/// Seconds since 1970 from which dates of manufacture count. Source: FRU Information Storage
/// Definition v1.0 §11: 1996-01-01 00:00 UTC.
const MANUFACTURING_EPOCH: u64 = 820_454_400;

/// The id of an area, which tells its type.
pub(super) fn id_of(kind: AreaType) -> Option<u32> {
    match kind {
        AreaType::ChassisInfo => Some(1),
        AreaType::BoardInfo => Some(2),
        AreaType::ProductInfo => Some(3),
        AreaType::Oem => Some(4),
        AreaType::InternalUse => Some(5),
        AreaType::Unspecified => None,
    }
}

/// An info area.
pub(super) enum Info {
    Chassis(Chassis),
    Board(Board),
    Product(Product),
}

/// Where a field is.
pub(super) enum Place {
    /// The chassis type, or the date of manufacture.
    Head,
    /// One of those that the standard names, or a custom one; by its position among all strings.
    String(usize),
}

impl Info {
    /// A new area without fields, in English; `None` for types that are no info areas.
    pub(super) fn new(kind: AreaType) -> Option<Self> {
        let language = u8::try_from(LANGUAGE_ENGLISH).unwrap_or(0);
        match kind {
            AreaType::ChassisInfo => Some(Self::Chassis(Chassis::default())),
            AreaType::BoardInfo => Some(Self::Board(Board {
                language,
                ..Board::default()
            })),
            AreaType::ProductInfo => Some(Self::Product(Product {
                language,
                ..Product::default()
            })),
            AreaType::InternalUse | AreaType::Oem | AreaType::Unspecified => None,
        }
    }

    pub(super) fn edit(&self) -> Edit<'_> {
        match self {
            Self::Chassis(chassis) => Edit::Chassis(Some(chassis)),
            Self::Board(board) => Edit::Board(Some(board)),
            Self::Product(product) => Edit::Product(Some(product)),
        }
    }

    /// The area as users see it; one that is damaged is read-only, as to write it would be to
    /// believe it.
    pub(super) fn shown(&self, read_only: bool) -> IdrArea {
        let field = |id, kind, value| IdrField {
            id,
            kind,
            read_only,
            value,
        };
        let mut fields = Vec::new();
        if let (Some(kind), Some(value)) = (self.head_kind(), self.head()) {
            fields.push(field(1, kind, value));
        }
        let language = self.language();
        let named = self.kinds().iter().copied();
        let kinds = named.chain(core::iter::repeat(FieldType::Custom));
        for ((id, kind), string) in (self.first_id()..).zip(kinds).zip(self.strings()) {
            if !string.bytes.is_empty() {
                fields.push(field(id, kind, text::buffer(string, language)));
            }
        }
        let kind = match self {
            Self::Chassis(_) => AreaType::ChassisInfo,
            Self::Board(_) => AreaType::BoardInfo,
            Self::Product(_) => AreaType::ProductInfo,
        };
        area(kind, read_only, fields)
    }

    /// The place of the field with this id, and what belongs there.
    pub(super) fn place(&self, id: u32) -> Option<(Place, FieldType)> {
        if let (1, Some(kind)) = (id, self.head_kind()) {
            return Some((Place::Head, kind));
        }
        let at = usize::try_from(id.checked_sub(self.first_id())?).ok()?;
        let kind = self.kinds().get(at).copied().unwrap_or(FieldType::Custom);
        (at < CUSTOM_MAX).then_some((Place::String(at), kind))
    }

    /// The id of a free place for a field of this type.
    pub(super) fn free(&self, kind: FieldType) -> Option<u32> {
        if self.head_kind() == Some(kind) {
            return self.head().is_none().then_some(1);
        }
        let strings = self.strings();
        let is_free = |at: &usize| strings.get(*at).is_none_or(|it| it.bytes.is_empty());
        let at = match self.kinds().iter().position(|it| *it == kind) {
            Some(at) => Some(at).filter(is_free),
            None if kind == FieldType::Custom => (self.kinds().len()..CUSTOM_MAX).find(is_free),
            None => None,
        };
        Some(self.first_id() + u32::try_from(at?).ok()?)
    }

    pub(super) fn is_empty(&self, place: &Place) -> bool {
        match place {
            Place::Head => self.head().is_none(),
            Place::String(at) => {
                let strings = self.strings();
                strings.get(*at).is_none_or(|it| it.bytes.is_empty())
            }
        }
    }

    /// Puts a value to a place.
    pub(super) fn set(&mut self, place: &Place, value: &TextBuffer) -> Result<(), HpiError> {
        match (self, place) {
            (Self::Chassis(chassis), Place::Head) => {
                let is_binary = value.data_type == TextType::Binary;
                let [kind] = value.data[..] else {
                    return Err(HpiError::InvalidData);
                };
                let kind = Some(kind).filter(|kind| is_binary && *kind != 0);
                chassis.kind = kind.ok_or(HpiError::InvalidData)?;
            }
            (Self::Board(board), Place::Head) => {
                let minutes = minutes(value).ok_or(HpiError::InvalidData)?;
                board.manufactured_minutes = minutes;
            }
            (Self::Product(_), Place::Head) => return Err(HpiError::InvalidData),
            (info, Place::String(at)) => {
                let string = text::string(value, info.language())?;
                info.put(*at, string);
            }
        }
        Ok(())
    }

    /// Takes the value away.
    pub(super) fn clear(&mut self, place: &Place) {
        match (self, place) {
            (Self::Chassis(chassis), Place::Head) => chassis.kind = 0,
            (Self::Board(board), Place::Head) => board.manufactured_minutes = 0,
            (Self::Product(_), Place::Head) => {}
            (info, Place::String(at)) => info.put(*at, Text::default()),
        }
    }

    /// Custom fields in front of one are there, if only as empty ones; none is empty at the end.
    fn put(&mut self, at: usize, string: Text) {
        let (named, custom) = self.strings_mut();
        let count = named.len();
        if let Some(place) = named.into_iter().nth(at) {
            *place = string;
            return;
        }
        let at = at - count;
        if custom.len() <= at {
            custom.resize(at + 1, Text::default());
        }
        custom[at] = string;
        while custom.last().is_some_and(|last| last.bytes.is_empty()) {
            custom.pop();
        }
    }

    /// Chassis info areas have no language: they are English.
    fn language(&self) -> u32 {
        match self {
            Self::Chassis(_) => LANGUAGE_ENGLISH,
            Self::Board(board) => text::language(board.language),
            Self::Product(product) => text::language(product.language),
        }
    }

    fn head_kind(&self) -> Option<FieldType> {
        match self {
            Self::Chassis(_) => Some(FieldType::ChassisType),
            Self::Board(_) => Some(FieldType::MfgDatetime),
            Self::Product(_) => None,
        }
    }

    fn first_id(&self) -> u32 {
        1 + u32::from(self.head_kind().is_some())
    }

    fn head(&self) -> Option<TextBuffer> {
        match self {
            Self::Chassis(Chassis { kind: 0, .. }) | Self::Product(_) => None,
            Self::Chassis(Chassis { kind, .. }) => Some(binary(vec![*kind])),
            Self::Board(board) => {
                let seconds = board.manufactured_unix()?;
                Some(TextBuffer::english(&text::date(seconds)))
            }
        }
    }

    /// The strings that the standard names, in its order.
    fn kinds(&self) -> &'static [FieldType] {
        use FieldType as F;
        match self {
            Self::Chassis(_) => &[F::PartNumber, F::SerialNumber],
            Self::Board(_) => &[
                F::Manufacturer,
                F::ProductName,
                F::SerialNumber,
                F::PartNumber,
                F::FileId,
            ],
            Self::Product(_) => &[
                F::Manufacturer,
                F::ProductName,
                F::PartNumber,
                F::ProductVersion,
                F::SerialNumber,
                F::AssetTag,
                F::FileId,
            ],
        }
    }

    fn strings(&self) -> Vec<&Text> {
        let (named, custom) = match self {
            Self::Chassis(it) => (vec![&it.part_number, &it.serial_number], &it.custom),
            Self::Board(it) => {
                let names = [&it.manufacturer, &it.product_name, &it.serial_number];
                let others = [&it.part_number, &it.file_id];
                (names.into_iter().chain(others).collect(), &it.custom)
            }
            Self::Product(it) => {
                let names = [&it.manufacturer, &it.name, &it.part_number, &it.version];
                let others = [&it.serial_number, &it.asset_tag, &it.file_id];
                (names.into_iter().chain(others).collect(), &it.custom)
            }
        };
        named.into_iter().chain(custom).collect()
    }

    fn strings_mut(&mut self) -> (Vec<&mut Text>, &mut Vec<Text>) {
        match self {
            Self::Chassis(it) => (
                vec![&mut it.part_number, &mut it.serial_number],
                &mut it.custom,
            ),
            Self::Board(it) => (
                vec![
                    &mut it.manufacturer,
                    &mut it.product_name,
                    &mut it.serial_number,
                    &mut it.part_number,
                    &mut it.file_id,
                ],
                &mut it.custom,
            ),
            Self::Product(it) => (
                vec![
                    &mut it.manufacturer,
                    &mut it.name,
                    &mut it.part_number,
                    &mut it.version,
                    &mut it.serial_number,
                    &mut it.asset_tag,
                    &mut it.file_id,
                ],
                &mut it.custom,
            ),
        }
    }
}

/// Minutes since the epoch of manufacturing dates, 24 bits of them; 0 would be no date.
fn minutes(value: &TextBuffer) -> Option<u32> {
    let is_text = value.data_type == TextType::Text;
    let seconds = text::seconds(&value.to_text()).filter(|_| is_text)?;
    let minutes = seconds.checked_sub(MANUFACTURING_EPOCH)? / 60;
    u32::try_from(minutes)
        .ok()
        .filter(|it| (1..1 << 24).contains(it))
}

fn area(kind: AreaType, read_only: bool, fields: Vec<IdrField>) -> IdrArea {
    IdrArea {
        id: id_of(kind).unwrap_or_default(),
        kind,
        read_only,
        fields,
    }
}

/// Fields of bytes that only their owner understands, which nobody changes.
fn opaque(kind: AreaType, values: impl Iterator<Item = Vec<u8>>) -> IdrArea {
    let field = |(id, data)| IdrField {
        id,
        kind: FieldType::Custom,
        read_only: true,
        value: binary(data),
    };
    area(kind, true, (1..).zip(values).map(field).collect())
}

/// Multirecords: each its type and its data. All are fields of one OEM area, as OpenHPI shows them.
///
/// Choice: they are read-only: they say how much power a board draws and how it is wired, and a
/// mistake there keeps it from being activated.
pub(super) fn records(records: &[MultiRecord]) -> IdrArea {
    let value = |record: &MultiRecord| {
        let mut data = vec![record.kind];
        data.extend_from_slice(&record.data);
        data.truncate(TextBuffer::LENGTH_MAX);
        data
    };
    opaque(AreaType::Oem, records.iter().map(value))
}

/// The internal use area, in pieces that a field holds.
pub(super) fn internal(bytes: &[u8]) -> IdrArea {
    let pieces = bytes.chunks(TextBuffer::LENGTH_MAX).map(<[u8]>::to_vec);
    opaque(AreaType::InternalUse, pieces)
}

fn binary(data: Vec<u8>) -> TextBuffer {
    TextBuffer {
        data_type: TextType::Binary,
        language: LANGUAGE_UNDEFINED,
        data,
    }
}
