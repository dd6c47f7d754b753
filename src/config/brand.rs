//! The operator's colour on light and on dark pages, and whether text in it can be read (WCAG 2.2, 1.4.3).

use std::fmt;

/// A colour on screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rgb(pub [u8; 3]);

/// The operator's colour where it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brand {
    /// On light pages.
    pub light: Tones,
    /// On dark pages.
    pub dark: Tones,
}

/// A colour with those that go with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tones {
    /// Text, links, and the ground of buttons.
    pub brand: Rgb,
    /// Text on buttons.
    pub on_brand: Rgb,
    /// A tint of it, as the ground of what is chosen.
    pub soft: Rgb,
}

/// The colour cannot be read on light pages.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unreadable {
    /// The contrast that it reaches.
    pub ratio: f64,
    /// A colour near it that can be read.
    pub near: Rgb,
}

/// Least contrast of text.
const READABLE: f64 = 4.5;

/// Grounds of light pages, as in the style sheet: cards and pages.
pub const LIGHT: [Rgb; 2] = [Rgb([0xff; 3]), Rgb([0xf5, 0xf6, 0xf8])];

/// Grounds of dark pages.
pub const DARK: [Rgb; 2] = [Rgb([0x1a, 0x1e, 0x23]), Rgb([0x12, 0x15, 0x18])];

const WHITE: Rgb = Rgb([0xff; 3]);
const BLACK: Rgb = Rgb([0; 3]);
const NIGHT: Rgb = Rgb([0x0d, 0x17, 0x26]);

impl Rgb {
    /// Reads `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
        let number = u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?;
        let [_, red, green, blue] = number.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    /// This colour with a share of another, from 0 to 1.
    fn mixed(self, other: Self, share: f64) -> Self {
        let mix = |one: u8, other: u8| {
            (f64::from(one) + (f64::from(other) - f64::from(one)) * share).round().clamp(0.0, 255.0) as u8
        };
        let ([r, g, b], [other_r, other_g, other_b]) = (self.0, other.0);
        Self([mix(r, other_r), mix(g, other_g), mix(b, other_b)])
    }

    /// Relative luminance, as WCAG defines it.
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// Contrast of two colours, from 1 to 21.
    fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }
}

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl Tones {
    fn light(brand: Rgb) -> Self {
        Self { brand, on_brand: WHITE, soft: WHITE.mixed(brand, 0.1) }
    }

    fn dark(brand: Rgb) -> Self {
        let [card, _] = DARK;
        Self { brand, on_brand: NIGHT, soft: card.mixed(brand, 0.15) }
    }

    /// The least contrast wherever these are used on these grounds.
    fn least(self, grounds: [Rgb; 2]) -> f64 {
        let others = grounds.into_iter().chain([self.on_brand, self.soft]);
        others.map(|ground| self.brand.contrast(ground)).fold(f64::INFINITY, f64::min)
    }
}

impl Brand {
    /// The tones of a colour: on light pages as it is, on dark ones in the first tint that can be read.
    ///
    /// # Errors
    /// A report where it is too pale for light pages.
    pub fn of(colour: Rgb) -> Result<Self, Unreadable> {
        let light = Tones::light(colour);
        let ratio = light.least(LIGHT);
        if ratio < READABLE {
            let near = first(colour, BLACK, |near| Tones::light(near).least(LIGHT) >= READABLE);
            return Err(Unreadable { ratio, near });
        }
        let tint = first(colour, WHITE, |tint| Tones::dark(tint).least(DARK) >= READABLE);
        Ok(Self { light, dark: Tones::dark(tint) })
    }
}

/// The first colour on the way to another one for which something holds.
fn first(from: Rgb, to: Rgb, holds: impl Fn(Rgb) -> bool) -> Rgb {
    let mut steps = (0..100).map(|step| from.mixed(to, f64::from(step) / 100.0));
    steps.find(|colour| holds(*colour)).unwrap_or(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Rgb {
        Rgb::parse(text).unwrap()
    }

    #[test]
    fn a_colour_is_six_digits() {
        assert_eq!(colour("#1F5fbf"), Rgb([0x1f, 0x5f, 0xbf]));
        assert_eq!(colour("#1F5fbf").to_string(), "#1f5fbf");
        for bad in ["", "1f5fbf", "#fff", "#1f5fbg", "#+1f5fb", "#1f5fbf0", "blue", "#ééé"] {
            assert!(Rgb::parse(bad).is_none(), "{bad}");
        }
    }

    /// The examples of the W3C: black on white is 21 to 1, #767676 on white just readable.
    #[test]
    fn contrast_is_that_of_wcag() {
        assert!((BLACK.contrast(WHITE) - 21.0).abs() < 0.001);
        assert!((colour("#767676").contrast(WHITE) - 4.54).abs() < 0.01);
        assert!((colour("#777777").contrast(WHITE) - 4.48).abs() < 0.01);
    }

    #[test]
    fn every_colour_is_readable_or_has_a_neighbour_that_is() {
        for number in (0..=0xff_ffff_u32).step_by(40_503) {
            let text = format!("#{number:06x}");
            let brand = Brand::of(colour(&text)).or_else(|wrong| {
                assert!(wrong.ratio < READABLE, "{text}");
                Brand::of(wrong.near)
            });
            let brand = brand.unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"));
            assert!(brand.light.least(LIGHT) >= READABLE && brand.dark.least(DARK) >= READABLE, "{text}");
        }
        assert!(Brand::of(colour("#ffcc00")).is_err());
        assert!(Brand::of(colour("#1f5fbf")).is_ok());
    }
}
