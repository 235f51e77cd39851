//! What can ruin a module: commands that burn fuses, write or erase its flash, or forget its
//! settings.
//!
//! They are in the submodules `danger` of the dialects' chapters, and each asks for
//! [`IUnderstand`] when it is made. Nothing else in this crate sends one.

/// The caller knows what the command does, and that the driver cannot undo it.
///
/// ```
/// use atwifi::danger::IUnderstand;
/// use atwifi::st67::command::basic::danger::Restore;
///
/// let restore = Restore::new(IUnderstand);
/// # drop(restore);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IUnderstand;
