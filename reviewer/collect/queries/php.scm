(function_definition name: (name) @name body: (_) @body) @function
(method_declaration name: (name) @name body: (_)? @body) @function
(class_declaration name: (name) @name body: (_) @body) @class
(interface_declaration name: (name) @name body: (_) @body) @type
(trait_declaration name: (name) @name body: (_) @body) @type
(enum_declaration name: (name) @name body: (_) @body) @type
(enum_case name: (name) @name) @variable
(const_element (name) @name) @variable
(property_element name: (variable_name (name) @name)) @variable
(property_promotion_parameter name: (variable_name (name) @name)) @variable
