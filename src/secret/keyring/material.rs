//! Key bytes on their way between memory and the file: base64url in the text, secret everywhere else.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroize;

use crate::secret::Secret;

/// Bytes that are written as base64url without padding.
pub(super) struct Material<T: Zeroize>(Secret<T>);

impl<T: Zeroize> Material<T> {
    pub(super) const fn new(bytes: T) -> Self {
        Self(Secret::new(bytes))
    }

    pub(super) const fn from_secret(bytes: Secret<T>) -> Self {
        Self(bytes)
    }

    pub(super) const fn bytes(&self) -> &Secret<T> {
        &self.0
    }

    pub(super) const fn expose(&self) -> &T {
        self.0.expose()
    }
}

impl<T: Zeroize + AsRef<[u8]>> Serialize for Material<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let text = Secret::new(URL_SAFE_NO_PAD.encode(self.expose()));
        to.serialize_str(text.expose())
    }
}

impl<'de, T: Zeroize + for<'a> TryFrom<&'a [u8]>> Deserialize<'de> for Material<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Secret::new(String::deserialize(from)?);
        let bytes = URL_SAFE_NO_PAD.decode(text.expose()).map_err(|_| D::Error::custom("not base64url"))?;
        let bytes = Secret::new(bytes);
        T::try_from(bytes.expose()).map(Self::new).map_err(|_| D::Error::custom("wrong length"))
    }
}
