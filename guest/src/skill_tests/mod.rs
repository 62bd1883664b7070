mod bounds;
mod changing;
mod missing;
mod older;
mod properties;
mod reading;
mod refusing;
