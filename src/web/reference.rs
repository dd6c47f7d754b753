//! The reference of the API, for readers: plain data, so that the API can write it and a page can show it.

/// The whole of it.
#[derive(Debug, Default)]
pub struct Reference {
    /// What holds everywhere.
    pub about: String,
    /// The endpoints, by what they are about.
    pub sections: Vec<Section>,
    /// The shapes that they speak of.
    pub shapes: Vec<Shape>,
}

/// Endpoints about one thing.
#[derive(Debug)]
pub struct Section {
    /// What they are about.
    pub name: String,
    /// The endpoints.
    pub entries: Vec<Entry>,
}

/// One endpoint.
#[derive(Debug)]
pub struct Entry {
    /// Its name in the document for machines.
    pub id: String,
    /// Its method.
    pub method: String,
    /// Its path.
    pub path: String,
    /// What it does.
    pub summary: String,
    /// Who may enter.
    pub who: String,
    /// What it takes beside a body.
    pub parameters: Vec<Field>,
    /// The shape of its body.
    pub body: Option<String>,
    /// What it answers, by status.
    pub answers: Vec<(String, String)>,
    /// The shape of its answer when it does what was asked.
    pub gives: Option<String>,
    /// A call of it by curl.
    pub example: String,
}

/// A parameter, or a field of a shape.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// `path`, `query` or `header`; `required` or `optional` in a shape.
    pub place: String,
    /// Its kind.
    pub kind: String,
    /// What it is.
    pub about: String,
}

/// The shape of a body.
#[derive(Debug)]
pub struct Shape {
    /// Its name.
    pub name: String,
    /// What it is.
    pub about: String,
    /// What it looks like, where it is a text.
    pub example: Option<String>,
    /// Its fields, where it has some.
    pub fields: Vec<Field>,
}
